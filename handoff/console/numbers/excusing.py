"""Excuse the breaches of a period, such as an outage: first which leads they are of, then the reason."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from handoff.amending import bulk
from handoff.amending.excusing import breached
from handoff.console.frame.fields import MomentField
from handoff.console.frame.listed import SHOWN, ReasonForm, Section, answer
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import moment
from handoff.doors import door
from handoff.models import WorkState
from handoff.reports.period import HasPeriod
from handoff.workflow.facts.rejection import salespeople
from leads.models import Role, Team, Via
from sla.metrics import Metric
from sla.models import Clock

EXPLAINED = "Excused breaches stay in the record; reports show both figures."
COLUMNS = ["Clock", "Policy", "Owner", "Was due", "State"]


class BreachesForm(HasPeriod):
    """Which breaches: those that were due in a period, in the time zone of who asks."""

    start = MomentField(label="Due from", error_messages={"required": "Say from when."})
    end = MomentField(label="Due before", error_messages={"required": "Say until when."})
    metric = forms.ChoiceField(choices=[("", "All"), *Metric.choices], required=False)
    team = forms.ModelChoiceField(Team.objects.order_by("name"), required=False, empty_label="All")
    owner = forms.ModelChoiceField(salespeople().order_by("username"), required=False, empty_label="All")
    first, last = "start", "end"

    def breaches(self) -> QuerySet[Clock]:
        return breached(**{name: self.cleaned_data[name] for name in self.fields})


def page(request: HttpRequest) -> HttpResponse:
    if not viewer(request).has_role(Role.REVOPS):
        raise PermissionDenied
    question = BreachesForm(request.GET or None)
    if not question.is_valid():
        return answer(request, "Excuse breaches", question=question, explained=EXPLAINED)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        facts = question.cleaned_data | {"reason": form.cleaned_data["reason"]}
        act = bulk.ask_to_excuse(**facts, by=viewer(request), door=door(Via.CONSOLE))
        bulk.run_at_once(act)
        if act.state != WorkState.DONE:
            return redirect("admin:handoff_bulkact_change", act.pk)
        messages.success(request, f"Excused {_breaches(act.done)}.")
        return redirect(request.get_full_path())
    breaches = question.breaches()
    count = breaches.count()
    rows = [_row(clock) for clock in breaches.select_related("owner", "team")[:SHOWN]]
    return answer(
        request,
        "Excuse breaches",
        question=question,
        explained=EXPLAINED,
        lead_in="" if count else "No breach of this period is open to be excused.",
        sections=[Section("Breaches", "not excused so far", count, COLUMNS, rows, "danger")],
        form=form if count else None,
        submit=f"Excuse {_breaches(count)}",
        back=request.path,
    )


def _row(clock: Clock) -> tuple[Any, list[Any]]:
    stands = "Still open" if clock.stopped_at is None else clock.get_state_display()
    owner = clock.owner or clock.team or "–"
    return clock.lead, [clock.get_metric_display(), clock.policy, owner, moment(clock.due_at), stands]


def _breaches(count: int) -> str:
    return "1 breach" if count == 1 else f"{count} breaches"


site.mount("excuse/", page, "excuse")
