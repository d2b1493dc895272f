"""What is done to the clocks of a lead: pause, resume, acknowledge, excuse, rejudge."""

from datetime import datetime
from typing import Any

from django.db import transaction

from handoff.doors import SHELL, Door
from handoff.refusals import FactsRefused
from handoff.workflow.act import Act, begin
from leads.models import Transition, User, Verb
from sla.models import Alarm, Clock


@transaction.atomic
def pause(lead_id: int, *, by: User | None, door: Door = SHELL, at: datetime | None = None, **given: Any) -> Transition:
    """Hold the clocks of a lead, until a moment or until it is resumed or moves on. Pauses that overlap are one."""
    act = begin(Verb.PAUSE, lead_id, by=by, door=door, given={**given, "at": at})
    act.happened(act.facts["at"])
    lead, until = act.lead, act.facts["until"]
    if lead.is_paused(act.at):
        until = max(until, lead.paused_until) if until and lead.paused_until else None
    else:
        lead.paused_at = act.at
    lead.paused_until = until
    return act.record("paused_at", "paused_until")


@transaction.atomic
def resume(
    lead_id: int, *, by: User | None, door: Door = SHELL, at: datetime | None = None, **given: Any
) -> Transition:
    """Let the clocks of a paused lead go on."""
    act = begin(Verb.RESUME, lead_id, by=by, door=door, at=at, given=given)
    act.lead.paused_at = act.lead.paused_until = None
    return act.record("paused_at", "paused_until")


@transaction.atomic
def acknowledge(
    lead_id: int, *, by: User | None, door: Door = SHELL, at: datetime | None = None, **given: Any
) -> Transition:
    """Answer an alarm: somebody sees to it, so no further step of its clock fires but the breach itself."""
    act = begin(Verb.ACKNOWLEDGE, lead_id, by=by, door=door, at=at, given=given)
    alarm: Alarm = act.facts["alarm"]
    _name(act, alarm.clock)
    transition = act.record()
    Alarm.objects.filter(pk=alarm.pk).update(acknowledged_by=transition)
    return transition


@transaction.atomic
def excuse(
    lead_id: int, *, by: User | None, door: Door = SHELL, at: datetime | None = None, **given: Any
) -> Transition:
    """Excuse a breach. It stays a breach; reports give both figures."""
    act = begin(Verb.EXCUSE, lead_id, by=by, door=door, at=at, given=given)
    _name(act, act.facts["clock"])
    return act.record()


@transaction.atomic
def rejudge(
    lead_id: int, *, by: User | None, door: Door = SHELL, at: datetime | None = None, **given: Any
) -> Transition:
    """Choose again which policies judge the running clocks of a lead, or apply a new version of one to them.

    A clock that is overdue was judged by the policy that it had, and an alarm that has fired stays fired.
    """
    act = begin(Verb.REJUDGE, lead_id, by=by, door=door, at=at, given=given)
    plan = act.plan(applied=act.facts["policy"])
    if not plan.judges_anew:
        raise FactsRefused("Nothing would change: no running clock of this lead would be judged by another policy.")
    return act.record(plan=plan)


def judge_again(lead_id: int, *, because: str, by: User | None = None, door: Door = SHELL) -> Transition | None:
    """Choose again after facts of a lead have changed. None when its clocks go on by the policies that they have."""
    if not Clock.objects.filter(lead=lead_id, stopped_at=None).exists():
        return None
    try:
        return rejudge(lead_id, by=by, door=door, reason=because)
    except FactsRefused:
        return None


def _name(act: Act, clock: Clock) -> None:
    """Name a clock as the history can find it: numbers of clocks are given anew when they are rebuilt."""
    act.facts |= {"metric": clock.metric, "clock_started_by": clock.started_by_id}
