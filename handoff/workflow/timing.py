"""What is done to the clocks of a lead: pause, resume, acknowledge, excuse, reevaluate."""

from datetime import datetime
from typing import Unpack

from handoff.doors import SHELL, Door
from handoff.refusals import FactsRefused, WrongState
from handoff.workflow.act import Act
from handoff.workflow.cards import Card, nothing_else
from handoff.workflow.facts.base import NoteFacts, NoteGiven
from handoff.workflow.facts.timing import (
    AcknowledgeFacts,
    AcknowledgeGiven,
    ExcuseFacts,
    ExcuseGiven,
    PauseFacts,
    PauseGiven,
    ReevaluateFacts,
    ReevaluateGiven,
)
from handoff.workflow.rights import CLOCKED, REVOPS, WHOEVER_OWES, owes, runs_operations
from handoff.workflow.verb import verb
from leads.models import Lead, State, Transition, User, Verb
from sla.models import Alarm, Clock

__all__ = ["acknowledge", "excuse", "pause", "reevaluate", "reevaluate_policies", "resume"]


@verb(Card(Verb.PAUSE, facts=PauseFacts, may=owes, who=WHOEVER_OWES, states=CLOCKED, undo=nothing_else))
def pause(act: Act, **_: Unpack[PauseGiven]) -> Transition:
    """Pause the clocks of a lead, until a moment or until it is resumed or moves on. Pauses that overlap are one."""
    lead, until = act.lead, act.facts["until"]
    if lead.is_paused(act.at):
        until = max(until, lead.paused_until) if until and lead.paused_until else None
    else:
        lead.paused_at = act.at
    lead.paused_until = until
    return act.record("paused_at", "paused_until")


def _is_not_paused(lead: Lead, at: datetime) -> str:
    return "" if lead.is_paused(at) else "its clocks are not paused"


@verb(
    Card(
        Verb.RESUME,
        facts=NoteFacts,
        may=owes,
        who=WHOEVER_OWES,
        states=CLOCKED,
        hindrance=_is_not_paused,
        undo=nothing_else,
    )
)
def resume(act: Act, **_: Unpack[NoteGiven]) -> Transition:
    """Let the clocks of a paused lead go on."""
    act.lead.paused_at = act.lead.paused_until = None
    return act.record("paused_at", "paused_until")


def _unacknowledge(act: Act, done: Transition) -> None:  # noqa: ARG001 the same shape as the others
    Alarm.objects.filter(pk=done.facts["alarm"], acknowledged_by=done).update(acknowledged_by=None)


@verb(
    Card(
        Verb.ACKNOWLEDGE,
        facts=AcknowledgeFacts,
        may=owes,
        who=WHOEVER_OWES,
        states=CLOCKED,
        is_about_clock=True,
        undo=_unacknowledge,
    )
)
def acknowledge(act: Act, **_: Unpack[AcknowledgeGiven]) -> Transition:
    """Answer an alarm: no further step of its clock fires, except the breach itself."""
    alarm: Alarm = act.facts["alarm"]
    _name(act, alarm.clock)
    transition = act.record()
    Alarm.objects.filter(pk=alarm.pk).update(acknowledged_by=transition)
    return transition


@verb(
    Card(
        Verb.EXCUSE,
        facts=ExcuseFacts,
        may=runs_operations,
        who=REVOPS,
        states=tuple(State),
        is_about_clock=True,
        applies_after_merge=True,
        undo=nothing_else,
    )
)
def excuse(act: Act, **_: Unpack[ExcuseGiven]) -> Transition:
    """Excuse a breach. It stays in the record; reports show both figures."""
    _name(act, act.facts["clock"])
    return act.record()


@verb(
    Card(
        Verb.REEVALUATE,
        facts=ReevaluateFacts,
        may=runs_operations,
        who=REVOPS,
        states=CLOCKED,
        is_about_clock=True,
        system_may=True,
        undo="the rules in force chose the policies: change those, and re-evaluate again",
    )
)
def reevaluate(act: Act, **_: Unpack[ReevaluateGiven]) -> Transition:
    """Choose again which policies judge the running clocks of a lead, or apply a new version of one to them.

    A clock that is overdue was judged by the policy that it had, and an alarm that has fired stays fired.
    """
    plan = act.plan(applied=act.facts["policy"])
    if not plan.reevaluates:
        raise FactsRefused("Nothing would change: no running clock of this lead would change to another policy.")
    return act.record(plan=plan)


def reevaluate_policies(lead_id: int, *, because: str, by: User | None = None, door: Door = SHELL) -> Transition | None:
    """Choose again after facts of a lead have changed. None when its clocks go on by the policies that they have.

    So do those of a lead that has left sales by a backfill, which knows of no contact that would have ended them.
    """
    if not Clock.objects.filter(lead=lead_id, stopped_at=None).exists():
        return None
    try:
        return reevaluate(lead_id, by=by, door=door, reason=because)
    except (FactsRefused, WrongState):
        return None


def _name(act: Act, clock: Clock) -> None:
    """Name a clock as the history can find it: clocks get new numbers when they are rebuilt."""
    act.facts |= {"metric": clock.metric, "clock_started_by": clock.started_by_id}
