"""Ladders that act: what a step does besides telling, once its alarm has fired.

An action goes through the verb `assign`, as the system. Each is done in a transaction of its own, which locks the lead
first, as the verbs do; the sweep that fires alarms locks no lead, and so never waits for a person.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from handoff.alerts import announce_stranded, worker
from handoff.alerts.leases import leased
from handoff.refusals import Refused
from handoff.workflow import Door, assign
from handoff.workflow.act import lock
from handoff.workflow.requalifying import reps_to_avoid
from handoff.workflow.rotation import next_owner
from leads.models import ANY_TIME, Absence, Lead, Team, Transition, User, Via
from sla.durations import in_words
from sla.metrics import RULES, Party
from sla.models import Alarm, StepAction, StepKind

LEASE = "actions"
LEASE_SECONDS = 30
SWEEP = Door(via=Via.SWEEP)
RUN_SECONDS = 60  # a run begins nothing after it, so that it ends well before Celery's time limit
LONGEST_NOTE = 200  # characters that an absence keeps

log = structlog.get_logger(__name__)


def run_actions_in_turn() -> None:
    """Do all that is to be done, unless a worker is at it already: actions for one team wait for each other anyway."""
    with leased(LEASE, LEASE_SECONDS) as renew:
        if renew:
            run_actions(go_on=lambda: renew() and not worker.is_shutting_down())


def run_actions(at: datetime | None = None, go_on: Callable[[], bool] = lambda: True) -> None:
    """Do all that is to be done, each step action once, whoever is killed when.

    Any number of workers may do so at once. A lead that somebody holds is passed by, until the next sweep. `at` is for
    sweeps of the past.
    """
    started = time.monotonic()
    while time.monotonic() - started < RUN_SECONDS and go_on() and _do_next(at):
        pass


def _do_next(at: datetime | None) -> bool:
    """Decide on one alarm; False when there is none that is free."""
    with transaction.atomic():
        lead = _take_lead()
        if lead is None:
            return False
        # Read again under the lock: somebody may have been faster, or have acknowledged it.
        waiting = Alarm.objects.filter(clock__lead=lead, to_do=True).select_related(
            "step__policy", "clock__lead", "clock__owner", "acknowledged_by__by"
        )
        alarm = waiting.order_by("due_at", "pk").first()
        if alarm is not None:
            alarm.done_by, alarm.note = _try(alarm, lead, at)
            alarm.to_do = False
            alarm.save(update_fields=["to_do", "done_by", "note"])
    return True


def _take_lead() -> Lead | None:
    """Lock a lead on which something is to be done, and that nobody else holds."""
    to_do = Alarm.objects.filter(to_do=True).select_related("clock__lead").order_by("pk")
    alarm = to_do.select_for_update(of=("clock__lead",), skip_locked=True, no_key=True).first()
    return lock(alarm.clock.lead_id) if alarm else None


def _try(alarm: Alarm, lead: Lead, at: datetime | None) -> tuple[Transition | None, str]:
    """Do it, or say why not. One that fails is set aside with its error, and does not hold up the rest."""
    try:
        with transaction.atomic():
            return _do(alarm, lead, at)
    except Refused as refusal:
        return None, refusal.message
    except (OperationalError, InterfaceError):
        raise  # our database is away, and not the step at fault: the next sweep does it
    except Exception as error:
        log.exception("action_failed", alarm=alarm.pk)
        return None, f"It failed: {type(error).__name__}: {error}"


def _do(alarm: Alarm, lead: Lead, at: datetime | None) -> tuple[Transition | None, str]:
    if moot := _moot(alarm):
        return None, moot
    holder = _owner_when_due(alarm, lead)
    # From the breach on whoever owed it was late, though somebody else has come to the rescue since.
    late = holder if alarm.step.kind == StepKind.WARNING else alarm.clock.owner
    benched = _take_out_of_rotation(late, alarm, at or timezone.now())
    act, why = _move(alarm, lead, holder, at)
    return act, f"{benched} {why}".strip()


def _move(alarm: Alarm, lead: Lead, holder: User | None, at: datetime | None) -> tuple[Transition | None, str]:
    if alarm.step.does == StepAction.NOTHING:
        return None, ""
    if lead.owner != holder:
        return None, f"It was reassigned to {lead.owner or 'the queue'} in the meantime."
    if alarm.step.does == StepAction.REASSIGN:
        return _reassign(alarm, lead, at)
    if lead.owner is None:
        return None, "It is already in the queue."
    return _return_to_queue(alarm, lead, at), ""


def _moot(alarm: Alarm) -> str:
    """Why nothing is to be done any more."""
    if alarm.clock.stopped_at is not None:
        return "The clock had stopped before it could be done."
    if alarm.clock.paused:
        return "The clock was paused before it could be done."
    if alarm.step.policy.mistake_at is not None:
        return "The policy version was declared a mistake before it could be done."
    if alarm.clock.excused_by_id is not None:
        return "The breach was excused before it could be done."
    if alarm.acknowledged_by is not None:
        return f"{alarm.acknowledged_by.by or 'Someone'} had acknowledged it before it could be done."
    return ""


def _owner_when_due(alarm: Alarm, lead: Lead) -> User | None:
    """Who had the lead as the step fell due. From whoever was given it since then it is not taken."""
    before = lead.transitions.filter(at__lt=alarm.due_at).exclude(verb__in=ANY_TIME).select_related("owner")
    last = before.order_by("-at", "-pk").first()
    return last.owner if last else None


def _take_out_of_rotation(late: User | None, alarm: Alarm, now: datetime) -> str:
    """Bench the owner who was late with what sales owes, and say so. They keep the leads that they have."""
    seconds = alarm.step.out_of_rotation_seconds
    if not seconds or late is None or RULES[alarm.clock.metric].owed_by != Party.SALES:
        return ""
    note = f"{_step_of(alarm)}: {alarm.clock.lead}"[:LONGEST_NOTE]
    until = now + timedelta(seconds=seconds)
    Absence.objects.create(user=late, starts_at=now, ends_at=until, note=note, imposed=True)
    return f"{late} is out of rotation for {in_words(seconds)}."


def _reassign(alarm: Alarm, lead: Lead, at: datetime | None) -> tuple[Transition | None, str]:
    team = _team(lead)
    others = {lead.owner_id, *reps_to_avoid(lead)}
    following = next_owner(team, at or timezone.now(), instead_of=others) if team else None
    if following:
        return assign(lead.pk, by=None, door=SWEEP, at=at, owner=following, note=_because(alarm)), ""
    why = f"Nobody else of {team} is in rotation." if team else "It has no team, so nobody is in rotation for it."
    act = _return_to_queue(alarm, lead, at, why) if lead.owner else None
    announce_stranded(alarm, act)
    return act, why


def _return_to_queue(alarm: Alarm, lead: Lead, at: datetime | None, why: str = "") -> Transition:
    note = f"{_because(alarm)} {why}".strip()
    return assign(lead.pk, by=None, door=SWEEP, at=at, owner=None, team=_team(lead), note=note)


def _team(lead: Lead) -> Team | None:
    return lead.team or (lead.owner.team if lead.owner else None)


def _because(alarm: Alarm) -> str:
    return f"By the ladder of {_step_of(alarm)}."


def _step_of(alarm: Alarm) -> str:
    """Like `Accept (version 1), 20 min after its target`."""
    step = alarm.step
    match step.kind:
        case StepKind.WARNING:
            when = f"at {step.percent} % of its target"
        case StepKind.BREACH:
            when = "at its target"
        case StepKind.ESCALATION:
            when = f"{in_words(step.after_seconds, exact=True)} after its target"
    return f"{step.policy}, {when}"
