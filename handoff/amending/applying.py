"""A new version of a policy is applied to running clocks only on purpose, after a look at what that would do."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db import models
from django.utils import timezone

from handoff.doors import SHELL, Door
from handoff.refusals import FactsRefused, NoSuchLead, WrongState
from handoff.workflow import reevaluate
from leads.models import Lead, Transition, User, Verb
from sla.clocks import choose
from sla.history import Versions, measurements
from sla.metrics import Move
from sla.models import Clock, Policy

CHUNK = 500
PREVIEWED = 500  # clocks that a request looks at: the history of each is read


class Outcome(models.TextChoices):
    """What applying a policy does to one clock."""

    MOVED = "moved", "Due at another time"
    BREACHED = "breached", "Due at once: the new target is used up"
    UNMOVED = "unmoved", "Due when it was"
    OVERDUE = "overdue", "Overdue already: it stays with the policy that judged it"


@dataclass(frozen=True)
class Effect:
    """What would become of one clock. A due time is empty while a pause has no end."""

    clock: Clock
    lead: Lead
    due_before: datetime | None
    due_after: datetime | None
    outcome: Outcome


@dataclass(frozen=True)
class Preview:
    """What would become of the clocks that were looked at, of `total`."""

    policy: Policy
    at: datetime
    effects: list[Effect]
    total: int

    def of(self, outcome: str) -> list[Effect]:
        return [effect for effect in self.effects if effect.outcome == outcome]


@dataclass
class Applied:
    """How many clocks count by the policy now, and the leads that were refused, with the words."""

    applied: int = 0
    refused: dict[int, str] = field(default_factory=dict)


def running(policy: Policy) -> models.QuerySet[Clock]:
    """The running clocks that count by an earlier version of a policy."""
    earlier = Clock.objects.filter(stopped_at=None, policy__key=policy.key, policy__version__lt=policy.version)
    return earlier.filter(metric=policy.metric).select_related("lead__owner", "lead__team", "policy", "calendar")


def applicable(policy: Policy) -> models.QuerySet[Clock]:
    """Those of them that are not overdue: the others stay with the policy that judged them."""
    return running(policy).filter(models.Q(due_at=None) | models.Q(due_at__gt=timezone.now()))


def preview(policy: Policy, at: datetime | None = None, most: int = PREVIEWED) -> Preview:
    """What applying a version in force would do to the first clocks that run by an earlier one. Nothing is written."""
    now, versions, clocks = at or timezone.now(), Versions(), running(policy)
    looked_at = clocks.order_by("pk").prefetch_related("lead__transitions")[:most]
    return Preview(policy, now, [_effect(clock, policy, versions, now) for clock in looked_at], clocks.count())


def apply_to(clock: Clock, policy: Policy, *, by: User | None, reason: str, door: Door) -> None:
    """Apply a version in force to one clock; a metric has one running clock for each lead."""
    reevaluate(clock.lead_id, by=by, door=door, policy=policy, reason=reason)


def apply_to_running(policy: Policy, *, by: User | None, reason: str, door: Door = SHELL) -> Applied:
    """Apply a version in force, lead by lead, each in its own transaction. Killed half-way, it is simply run again."""
    done = Applied()
    for clock in _in_chunks(policy):
        try:
            apply_to(clock, policy, by=by, reason=reason, door=door)
            done.applied += 1
        except (FactsRefused, NoSuchLead, WrongState) as refusal:
            done.refused[clock.lead_id] = refusal.message
    return done


def _in_chunks(policy: Policy) -> Iterator[Clock]:
    last = 0
    while chunk := list(applicable(policy).filter(pk__gt=last).order_by("pk")[:CHUNK]):
        yield from chunk
        last = chunk[-1].pk


def _effect(clock: Clock, policy: Policy, versions: Versions, now: datetime) -> Effect:
    if _is_overdue(clock, now):
        return Effect(clock, clock.lead, clock.due_at, clock.due_at, Outcome.OVERDUE)
    due_at = _due_after(clock, policy, versions, now)
    if due_at is not None and due_at <= now:
        outcome = Outcome.BREACHED
    else:
        outcome = Outcome.UNMOVED if due_at == clock.due_at else Outcome.MOVED
    return Effect(clock, clock.lead, clock.due_at, due_at, outcome)


def _due_after(clock: Clock, policy: Policy, versions: Versions, now: datetime) -> datetime | None:
    """When the clock would be due: by its history, with the act that would be written."""
    lead = clock.lead
    move = Move(Verb.REEVALUATE, now, lead.state, lead.state, lead.owner_id, lead.owner_id, lead.cycle)
    act = Transition(
        pk=2**62,
        lead=lead,
        verb=Verb.REEVALUATE,
        from_state=lead.state,
        to_state=lead.state,
        cycle=lead.cycle,
        owner_id=lead.owner_id,
        team_id=lead.team_id,
        at=now,
        recorded_at=now,
        facts=choose(lead, move, [clock], policy).as_facts(),
    )
    for measurement in measurements([*lead.transitions.all(), act], versions):
        if (measurement.metric, measurement.started_by) == (clock.metric, clock.started_by_id):
            return measurement.course.due_at
    return clock.due_at


def _is_overdue(clock: Clock, now: datetime) -> bool:
    return clock.due_at is not None and clock.due_at <= now
