"""The clocks of a lead: the only writer of them.

A clock follows the moves of its lead by the table in `sla.metrics`. Everything it does is decided at the moment of its
cause and in that transaction: when it starts, the instants of all its alarms are computed and stored. What is more than
a start or a stop (a pause, other terms, an act told late) is read from the history, which is written first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max
from django.utils import timezone

from leads.models import Lead, Transition, Verb
from sla.business_time import tz_version
from sla.comparison import Difference, differences, fields_of
from sla.course import Course, between, outcome
from sla.history import ANY_TIME, Versions
from sla.metrics import RULES, Move
from sla.models import Calendar, Clock, OnReassign, OwnerHours, PendingAlarm, Policy, WhoseHours

AMENDING = (Verb.PAUSE, Verb.RESUME, Verb.ACKNOWLEDGE, Verb.EXCUSE, Verb.REJUDGE)


@dataclass
class Plan:
    """By which policies an act starts clocks or changes those that run, each by its metric. The history keeps it."""

    starts: dict[str, Policy] = field(default_factory=dict)
    restarts: dict[str, Policy] = field(default_factory=dict)
    judges_anew: dict[str, Policy] = field(default_factory=dict)
    calendars: dict[str, Calendar] = field(default_factory=dict)
    """Of the owner, where a policy counts by his hours."""
    has_floor: bool = False

    @property
    def amends(self) -> bool:
        return bool(self.restarts or self.judges_anew or self.has_floor or self.calendars.keys() - self.starts.keys())

    def as_facts(self) -> dict[str, dict[str, int]]:
        kept: dict[str, dict[str, Any]] = {
            "policies": self.starts,
            "restarted": self.restarts,
            "rejudged": self.judges_anew,
            "calendars": self.calendars,
        }
        return {name: {metric: row.pk for metric, row in chosen.items()} for name, chosen in kept.items() if chosen}


def hold(lead_id: int) -> list[Clock]:
    """Lock the alarms that wait on a lead, and return its running clocks.

    Call it with the lead locked, and read the time only afterwards: a sweep that was faster has then committed, and a
    later one passes these alarms by. So an act is never dated before an alarm that it should have stopped.
    """
    waiting = PendingAlarm.objects.filter(clock__lead=lead_id).order_by("pk")
    list(waiting.select_for_update(of=("self",)).values_list("pk"))
    return list(Clock.objects.filter(lead=lead_id, stopped_at=None).select_related("policy", "calendar"))


def choose(lead: Lead, move: Move, held: Iterable[Clock] = (), applied: Policy | None = None) -> Plan:
    """What a move starts, and what it changes of the clocks that go on.

    A metric that no policy judges runs no clock; a clock that none judges any more keeps its policy. With `applied`,
    that version judges the clocks that run by an earlier one of it.
    """
    plan = Plan()
    going_on = {clock.metric: clock for clock in held if not move.ends(clock.metric)}
    starting = {metric for metric, rule in RULES.items() if rule.starts(move) and metric not in going_on}
    again = going_on if move.verb in (Verb.ASSIGN, Verb.REJUDGE) and applied is None else {}
    judging = _judging(lead, starting | again.keys())
    plan.starts = {metric: judging[metric] for metric in judging if metric in starting}
    for metric, clock in going_on.items():
        following = judging.get(metric) if applied is None else applied
        _go_on(plan, clock, move, following if _follows(following, clock, applied) else None)
    _count_by_owners_hours(plan, move, going_on)
    return plan


def advance(
    lead: Lead, move: Move, transition: Transition, held: Sequence[Clock], plan: Plan, *, paused: bool = False
) -> None:
    """Stop, start and change the clocks of a lead as its move demands. `paused`: the lead was, before the act."""
    ending = [clock for clock in held if clock.started_at <= move.at and move.ends(clock.metric)]
    is_late = move.at < transition.recorded_at and lead.transitions.filter(at__gt=move.at).exists()
    if paused or is_late or plan.amends or move.verb in AMENDING or any(clock.amended for clock in ending):
        follow_history(lead)
        return
    _stop(ending, move, transition)
    _hand_over([clock for clock in held if clock not in ending], move)
    _start(lead, move, transition, plan)


def as_it_stood(lead: Lead, move: Move) -> Move:
    """A move that is told late and moves nothing, from where the lead stood at its time."""
    settled = lead.transitions.exclude(verb__in=ANY_TIME).filter(at__lte=move.at).order_by("-at", "-id").first()
    if settled is None:
        return move
    state, owner, cycle = settled.to_state, settled.owner_id, settled.cycle
    return Move(move.verb, move.at, state, state, owner, owner, cycle, move.genuine_touch)


def follow_history(lead: Lead, versions: Versions | None = None) -> list[Difference]:
    """Make the clocks of a lead what its history says, and return what was otherwise. What has fired stays fired.

    Call it in a transaction, with the lead locked.
    """
    clocks = Clock.objects.filter(lead=lead).prefetch_related("pending", "alarms")
    found = list(differences(lead.transitions.all(), clocks, versions or Versions(), timezone.now()))
    for difference in sorted(found, key=lambda difference: difference.stored is None):
        _mend(lead, difference)
    return found


def _mend(lead: Lead, difference: Difference) -> None:
    told, clock = difference.told, difference.stored
    if told is None:
        return
    if clock is None:
        following = _rounds(lead, told.cycle).get(told.metric, 0) + 1
        clock = Clock(lead=lead, metric=told.metric, round=following, started_by_id=told.started_by)
    for name, value in fields_of(told).items():
        setattr(clock, name, value)
    clock.tz_version = tz_version()
    clock.save()
    if difference.waiting is not None:
        clock.pending.all().delete()
        _arm([(clock, difference.waiting)])


def _judging(lead: Lead, metrics: Iterable[str]) -> dict[str, Policy]:
    """The first policy in force, by position, whose conditions hold: of each of these metrics."""
    chosen: dict[str, Policy] = {}
    if metrics:
        in_force = Policy.objects.filter(metric__in=metrics, retired_at=None).select_related("calendar")
        for policy in in_force.prefetch_related("steps"):
            if policy.metric not in chosen and policy.judges(lead):
                chosen[policy.metric] = policy
    return chosen


def _follows(policy: Policy | None, clock: Clock, applied: Policy | None) -> bool:
    """A clock changes to another policy that is chosen, but to a version of its own only when that is applied."""
    if policy is None or policy.metric != clock.metric:
        return False
    is_same = policy.key == clock.policy.key
    return policy.pk != clock.policy_id and (is_same if applied else not is_same)


def _go_on(plan: Plan, clock: Clock, move: Move, following: Policy | None) -> None:
    """Say what becomes of a clock that goes on. The policy of one that is overdue has judged it, and stays."""
    is_open = not clock.error and (clock.due_at is None or clock.due_at > move.at)
    policy = following if following and is_open else clock.policy
    if move.changes_owner() and policy.on_reassign == OnReassign.RESTART:
        plan.restarts[clock.metric] = policy
    elif policy is not clock.policy:
        plan.judges_anew[clock.metric] = policy
    plan.has_floor |= move.changes_owner() and policy.on_reassign == OnReassign.FLOOR


def _count_by_owners_hours(plan: Plan, move: Move, going_on: dict[str, Clock]) -> None:
    policies = {metric: clock.policy for metric, clock in going_on.items() if move.changes_owner()}
    policies |= plan.judges_anew | plan.restarts | plan.starts
    by_owner = [metric for metric, policy in policies.items() if policy.whose_hours == WhoseHours.OWNER]
    if not by_owner:
        return
    keys = OwnerHours.objects.filter(user=move.owner).values("calendar_key")
    if calendar := Calendar.objects.filter(key__in=keys, retired_at=None).first():
        plan.calendars = dict.fromkeys(by_owner, calendar)


def _stop(clocks: Sequence[Clock], move: Move, transition: Transition) -> None:
    if not clocks:
        return
    for clock in clocks:
        clock.stopped_at, clock.stopped_by = move.at, transition
        clock.state = outcome(clock.due_at, move.at, cancelled=not RULES[clock.metric].stops(move))
        clock.elapsed = None if clock.error else between(clock.calendar, clock.started_at, move.at)
    Clock.objects.bulk_update(clocks, ["stopped_at", "stopped_by", "state", "elapsed"])
    # Alarms that were due before the stop stay, and fire.
    PendingAlarm.objects.filter(clock__in=clocks, due_at__gte=move.at).delete()


def _hand_over(clocks: Sequence[Clock], move: Move) -> None:
    if clocks and move.owner != move.owner_before:
        Clock.objects.filter(pk__in=[clock.pk for clock in clocks]).update(owner=move.owner)


def _start(lead: Lead, move: Move, transition: Transition, plan: Plan) -> None:
    if not plan.starts:
        return
    rounds = _rounds(lead, move.cycle)
    courses = {
        metric: Course.begin(policy, plan.calendars.get(metric, policy.calendar), move.at)
        for metric, policy in plan.starts.items()
    }
    clocks = Clock.objects.bulk_create(
        Clock(
            lead=lead,
            metric=metric,
            cycle=move.cycle,
            round=rounds.get(metric, 0) + 1,
            policy=course.policy,
            calendar=course.calendar,
            owner_id=move.owner,
            target_seconds=course.policy.target_seconds,
            started_at=move.at,
            due_at=course.due_at,
            error=course.error,
            started_by=transition,
            tz_version=tz_version(),
        )
        for metric, course in courses.items()
    )
    _arm(zip(clocks, (course.alarms for course in courses.values()), strict=True))


def _arm(alarms: Iterable[tuple[Clock, dict[int, Any]]]) -> None:
    PendingAlarm.objects.bulk_create(
        PendingAlarm(clock=clock, step_id=step_id, due_at=due_at)
        for clock, waiting in alarms
        for step_id, due_at in waiting.items()
    )


def _rounds(lead: Lead, cycle: int) -> dict[str, int]:
    return dict(Clock.objects.filter(lead=lead, cycle=cycle).values_list("metric").annotate(Max("round")).order_by())
