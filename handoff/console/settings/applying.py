"""Apply a version of a policy to running clocks: first what it would do to which leads, then do it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from handoff.amending import bulk
from handoff.amending.applying import Effect, Outcome, Preview, applicable, preview, running
from handoff.console.frame.listed import SHOWN, ReasonForm, Section, answer
from handoff.console.frame.site import viewer
from handoff.console.frame.words import badge, moment
from handoff.doors import door
from handoff.models import BulkAct, WorkState
from leads.models import Role, Via
from sla.models import Policy

WORDS = {
    Outcome.MOVED: ("Moved", "would be due at another time", "info"),
    Outcome.BREACHED: ("Breached at once", "would be due at once, as the new target is used up", "danger"),
    Outcome.UNMOVED: ("Not moved", "would be due when they were", "plain"),
    Outcome.OVERDUE: ("Overdue already", "overdue already: the version that judged them stays", "warning"),
}
EXPLAINED = "Targets, calendars and ladders change with it; an alarm that has fired stays fired."
MOST_SAID = 3  # refusals in a message


def is_offered(policy: Policy) -> bool:
    """A version in force, with clocks that run by an earlier one."""
    return policy.retired_at is None and running(policy).exists()


def page(request: HttpRequest, pk: int) -> HttpResponse:
    policy = get_object_or_404(Policy.objects.select_related("calendar").prefetch_related("steps"), pk=pk)
    if not viewer(request).has_role(Role.REVOPS):
        raise PermissionDenied
    to = reverse("admin:sla_policy_change", args=[pk])
    if not is_offered(policy):
        messages.warning(request, _nothing(policy))
        return redirect(to)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        act = bulk.ask_to_apply(policy, by=viewer(request), reason=reason, door=door(Via.CONSOLE))
        bulk.run_at_once(act)
        if act.state != WorkState.DONE:
            return redirect("admin:handoff_bulkact_change", act.pk)
        _report(request, act)
        return redirect(to)
    seen, changes = preview(policy), applicable(policy).exists()
    return answer(
        request,
        f"Apply {policy} to running clocks",
        lead_in=_lead_in(seen),
        sections=[_section(seen, outcome) for outcome in Outcome],
        explained=EXPLAINED if changes else "There is nothing to apply.",
        form=form if changes else None,
        submit="Apply",
        back=to,
    )


def _nothing(policy: Policy) -> str:
    if policy.retired_at is not None:
        return f"{policy} is not in force: open the newest version and apply that."
    return f"No clock runs by an earlier version of {policy}."


def _section(seen: Preview, outcome: Outcome) -> Section:
    title, text, tone = WORDS[outcome]
    effects = seen.of(outcome)
    return Section(
        title, text, len(effects), ["Owner", "Due", "Would be due"], [_row(one) for one in effects[:SHOWN]], tone
    )


def _row(effect: Effect) -> tuple[Any, list[Any]]:
    after = badge("Paused", "warning") if effect.due_after is None else moment(effect.due_after)
    before = badge("Paused", "warning") if effect.due_before is None else moment(effect.due_before)
    return effect.lead, [effect.lead.owner or "Nobody yet", before, after]


def _lead_in(seen: Preview) -> str:
    looked_at = len(seen.effects)
    if looked_at == seen.total:
        return f"{_clocks(seen.total)} by an earlier version."
    looked = f"The first {looked_at:,} of {seen.total:,} clocks were looked at, and the numbers below are of these."
    return f"{_clocks(seen.total)} by an earlier version. {looked}"


def _clocks(count: int) -> str:
    return "1 clock runs" if count == 1 else f"{count:,} clocks run"


def _report(request: HttpRequest, act: BulkAct) -> None:
    messages.success(request, f"Applied {act.policy} to {act.done} clock{'' if act.done == 1 else 's'}.")
    if act.refused:
        words = list(dict.fromkeys(words for _lead, words in act.refusals))[:MOST_SAID]
        messages.warning(request, f"Refused for {act.refused}: {' '.join(words)}")
