"""The page What if: what another promise would have made of what happened. For RevOps; nothing is written."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from handoff.console.frame.fields import SpanField
from handoff.console.frame.site import site, viewer
from handoff.models import Audience
from handoff.reports.kinds import percent
from handoff.reports.simulation import NothingToCountBy, Outcomes, Proposal, Simulation, TooMuch, ladder, simulate
from leads.models import Role
from sla.metrics import Metric
from sla.models import Calendar

MOST = 5000  # leads: more than a page should wait for
DAYS = 28


class WhatIf(forms.Form):
    """What is proposed, and for which days, in UTC."""

    metric = forms.ChoiceField(choices=Metric.choices)
    target = SpanField(
        if_empty=None, least=1, required=False, widget=forms.TextInput({"placeholder": "As it was; like 4 h"})
    )
    calendar = forms.ModelChoiceField(Calendar.objects.none(), required=False, empty_label="As it was")
    warn = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=99,
        label="Warn at %",
        widget=forms.NumberInput({"placeholder": "As it was"}),
    )
    escalate = SpanField(
        if_empty=None,
        least=1,
        required=False,
        label="Escalate after",
        widget=forms.TextInput({"placeholder": "As it was; like 1 h"}),
    )
    start = forms.DateField(required=False, label="From", widget=forms.DateInput({"type": "date"}))
    end = forms.DateField(required=False, label="Before", widget=forms.DateInput({"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        in_force = Calendar.objects.filter(retired_at=None)
        self.fields["calendar"].queryset = in_force  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or self.cleaned_data
        if asked.get("start") and asked.get("end") and asked["end"] <= asked["start"]:
            self.add_error("end", "The period ends before it starts.")
        return asked

    def found(self) -> Simulation:
        asked = self.cleaned_data
        warn, escalate = asked["warn"], asked["escalate"]
        steps = ladder([warn] if warn else (), [escalate] if escalate else ()) if warn or escalate else None
        proposal = Proposal(Metric(asked["metric"]), asked["target"], asked["calendar"], steps)
        return simulate(proposal, _midnight(asked["start"]), _midnight(asked["end"]), most=MOST)


def page(request: HttpRequest) -> HttpResponse:
    if not viewer(request).has_role(Role.REVOPS):
        raise PermissionDenied
    since = timezone.now().astimezone(UTC).date() - timedelta(days=DAYS)
    first = {"metric": Metric.SPEED_TO_LEAD, "start": since.isoformat()}
    form = WhatIf(request.GET or first)
    found, refused = None, ""
    try:
        found = form.found() if form.is_valid() else None
    except (NothingToCountBy, TooMuch) as error:
        refused = str(error)
    context = {
        **site.each_context(request),
        "title": "What if",
        "form": form,
        "refused": refused,
        "found": found,
        "outcomes": _outcomes(found) if found else [],
        "told": [(Audience(one.audience).label, one) for one in found.told] if found else [],
    }
    return TemplateResponse(request, "handoff/console/simulation.html", context)


def _outcomes(found: Simulation) -> list[dict[str, Any]]:
    shown = [("Proposed", found.proposed), *([("Recorded", found.recorded)] if found.recorded else [])]
    return [{"name": name, "kept": percent(one.attainment), "counts": _counts(one)} for name, one in shown]


def _counts(one: Outcomes) -> list[int]:
    return [one.met, one.breached, one.excused, one.cancelled, one.running]


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time.min, UTC) if day else None


site.mount("what-if/", page, "what_if")
