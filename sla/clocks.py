"""The clocks of a lead: the only writer of them.

A clock follows the moves of its lead by the table in `sla.metrics`. Everything it does is decided at the moment of its
cause and in that transaction: when it starts, the instants of all its alarms are computed and stored. What is more than
a start or a stop (a pause, other terms, an act recorded late) is read from the history, which is written first.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F, Max, Q
from django.utils import timezone

from leads.models import AMENDING, ANY_TIME, Lead, Transition, Verb
from leads.sql import load
from sla import agreement
from sla.business_time import tz_version
from sla.comparison import Difference, differences, fields_of
from sla.course import Course, between, outcome
from sla.history import Versions, undone_by
from sla.metrics import RULES, Move
from sla.models import Calendar, Clock, ClockState, OnReassign, OwnerHours, PendingAlarm, Policy, WhoseHours

_HOLD = load("sla", "hold_clocks.sql")
_STOP_AND_START = load("sla", "stop_and_start_clocks.sql")


@dataclass
class Plan:
    """By which policies an act starts clocks or changes those that run, each by its metric. The history keeps it."""

    starts: dict[str, Policy] = field(default_factory=dict)
    restarts: dict[str, Policy] = field(default_factory=dict)
    reevaluates: dict[str, Policy] = field(default_factory=dict)
    calendars: dict[str, Calendar] = field(default_factory=dict)
    """Of the owner, where a policy counts by their hours."""
    has_floor: bool = False

    @property
    def amends(self) -> bool:
        return bool(self.restarts or self.reevaluates or self.has_floor or self.calendars.keys() - self.starts.keys())

    def as_facts(self) -> dict[str, dict[str, int]]:
        kept: dict[str, dict[str, Any]] = {
            "policies": self.starts,
            "restarted": self.restarts,
            "reevaluated": self.reevaluates,
            "calendars": self.calendars,
        }
        return {name: {metric: row.pk for metric, row in chosen.items()} for name, chosen in kept.items() if chosen}


def hold(lead_id: int) -> list[Clock]:
    """Lock the alarms that wait on a lead, and return its running clocks.

    Call it with the lead locked, and read the time only afterwards: a sweep that was faster has then committed, and a
    later one passes these alarms by. So an act is never dated before an alarm that it should have stopped.
    """
    return list(Clock.objects.raw(_HOLD, {"lead": lead_id}))


def choose(lead: Lead, move: Move, held: Sequence[Clock] = (), applied: Policy | None = None) -> Plan:
    """What a move starts, and what it changes of the clocks that go on.

    A metric that no policy judges runs no clock; a clock that none judges any more keeps its policy. With `applied`,
    that version judges the clocks that run by an earlier one of it.
    """
    plan = Plan()
    going_on = {clock.metric: clock for clock in held if not move.ends(clock.metric)}
    starting = {metric for metric, rule in RULES.items() if rule.starts(move) and metric not in going_on}
    again = going_on if move.verb in (Verb.ASSIGN, Verb.REEVALUATE) and applied is None else {}
    in_force = agreement.in_force(lead) if starting or held else {}
    _introduce(held, in_force)
    judging = judging_of(lead, starting | again.keys(), in_force.values())
    plan.starts = {metric: judging[metric] for metric in judging if metric in starting}
    for metric, clock in going_on.items():
        following = judging.get(metric) if applied is None else applied
        _go_on(plan, clock, move, following if _follows(following, clock, applied) else None)
    _count_by_owners_hours(plan, move, going_on)
    return plan


def advance(
    lead: Lead, move: Move, transition: Transition, held: Sequence[Clock], plan: Plan, *, paused: bool = False
) -> list[int]:
    """Stop, start and change the clocks of a lead as its move demands. `paused`: the lead was, before the act.

    Return the clocks that are called off by it: of their alarms nothing more may be sent.
    """
    ending = [clock for clock in held if clock.started_at <= move.at and move.ends(clock.metric)]
    is_late = move.at < transition.recorded_at and lead.transitions.filter(at__gt=move.at).exists()
    if paused or is_late or plan.amends or move.verb in AMENDING or any(clock.amended for clock in ending):
        return called_off(follow_history(lead))
    _hand_over(lead, move, [clock for clock in held if clock not in ending])
    _stop_and_start(lead, move, transition, ending, plan)
    return [clock.pk for clock in ending if _outcome(clock, move) == ClockState.CANCELLED]


def leaves_behind(lead: Lead, undone: Collection[int], at: datetime) -> list[tuple[str, int]]:
    """The clocks begun by acts that are about to be undone, and that have fired or fell due since: they cannot vanish.

    What was overdue before such an act began it was owed by nobody at the time.
    """
    begun = Clock.objects.filter(lead=lead, started_by__in=undone)
    fell_due = Q(due_at__lte=at, due_at__gt=F("started_by__recorded_at"), stopped_at=None)
    fired = begun.filter(Q(alarms__isnull=False) | Q(excused_by__isnull=False) | fell_due)
    return sorted(set(fired.order_by().values_list("metric", "started_by_id")))


def that_fired(lead: Lead, undone: Collection[int]) -> list[tuple[str, int]]:
    """The clocks begun by acts that are about to be taken back, and of which an alarm has fired: it stays fired."""
    begun = Clock.objects.filter(lead=lead, started_by__in=undone, alarms__isnull=False)
    return sorted(set(begun.order_by().values_list("metric", "started_by_id")))


def reopen(undone: Collection[int]) -> None:
    """Let clocks that such acts have stopped be computed again, also by another time zone database than before."""
    Clock.objects.filter(stopped_by__in=undone).update(tz_version=tz_version())


def judging_of(lead: Lead, metrics: Collection[str], in_force: Iterable[Policy]) -> dict[str, Policy]:
    """The first policy in force, by position, whose conditions hold: of each of these metrics."""
    chosen: dict[str, Policy] = {}
    for policy in in_force:
        if policy.metric in metrics and policy.metric not in chosen and policy.judges(lead):
            chosen[policy.metric] = policy
    return chosen


def called_off(differences: Iterable[Difference]) -> list[int]:
    """The clocks that were cancelled or excused as they were made what their history says."""
    return [
        difference.stored.pk
        for difference in differences
        if difference.stored and difference.expected and difference.expected.is_called_off
    ]


def as_it_stood(lead: Lead, move: Move) -> Move:
    """A move that is recorded late and moves nothing, from where the lead stood at its time."""
    settled = lead.transitions.exclude(verb__in=ANY_TIME).filter(at__lte=move.at).order_by("-at", "-id").first()
    if settled is None:
        return move
    state, owner, cycle = settled.to_state, settled.owner_id, settled.cycle
    return Move(move.verb, move.at, state, state, owner, owner, cycle, move.genuine_touch)


def follow_history(lead: Lead, versions: Versions | None = None) -> list[Difference]:
    """Make the clocks of a lead what its history says, and return what was otherwise. What has fired stays fired.

    Call it in a transaction, with the lead locked.
    """
    acts, clocks = list(Transition.written.filter(lead=lead)), list(Clock.objects.filter(lead=lead))
    disagreeing = list(differences(acts, clocks, versions or Versions(), timezone.now()))
    undone = undone_by(acts)
    for difference in sorted(disagreeing, key=rank):
        mend(lead, difference, undone)
    return disagreeing


def rank(difference: Difference) -> int:
    """What ends is mended first: no two clocks of one metric may run at once."""
    if difference.expected is None:
        return 0
    return 3 if difference.stored is None else 2 if difference.expected.stopped_at is None else 1


def mend(lead: Lead, difference: Difference, undone: Collection[int]) -> None:
    """Make one clock what the history says, of which these acts are undone."""
    expected, clock = difference.expected, difference.stored
    if expected is None:
        if clock is not None and clock.started_by_id in undone and not clock.alarms.exists():
            clock.delete()  # an act began it that was undone, and nobody was notified of it
        return
    if clock is None:
        following = _rounds(lead, expected.cycle).get(expected.metric, 0) + 1
        clock = Clock(lead=lead, metric=expected.metric, round=following, started_by_id=expected.started_by)
    for name, value in fields_of(expected).items():
        setattr(clock, name, value)
    clock.tz_version = tz_version()
    clock.save()
    if difference.waiting is not None:
        clock.pending.all().delete()
        _arm([(clock, difference.waiting)])


def _introduce(held: Iterable[Clock], in_force: Mapping[int, Policy]) -> None:
    """Attach the cached policies and calendars to the clocks, so that they are not read again."""
    for clock in held:
        if policy := in_force.get(clock.policy_id):
            clock.policy = policy
            if clock.calendar_id == policy.calendar_id:
                clock.calendar = policy.calendar


def _follows(policy: Policy | None, clock: Clock, applied: Policy | None) -> bool:
    """A clock changes to another policy that is chosen, but to a version of its own only when that is applied."""
    if policy is None or policy.metric != clock.metric:
        return False
    is_same = policy.key == clock.policy.key
    return policy.pk != clock.policy_id and (is_same if applied else not is_same)


def _go_on(plan: Plan, clock: Clock, move: Move, following: Policy | None) -> None:
    """Say what becomes of a clock that goes on. The policy of one that is overdue has judged it, and stays; a restart
    ends that clock, and the next one is judged by the policy that is chosen for the lead."""
    is_open = not clock.error and (clock.due_at is None or clock.due_at > move.at)
    policy = following if following and is_open else clock.policy
    if move.changes_owner() and policy.on_reassign == OnReassign.RESTART:
        plan.restarts[clock.metric] = following or policy
    elif policy is not clock.policy:
        plan.reevaluates[clock.metric] = policy
    plan.has_floor |= move.changes_owner() and policy.on_reassign == OnReassign.FLOOR


def _count_by_owners_hours(plan: Plan, move: Move, going_on: dict[str, Clock]) -> None:
    policies = {metric: clock.policy for metric, clock in going_on.items() if move.changes_owner()}
    policies |= plan.reevaluates | plan.restarts | plan.starts
    by_owner = [metric for metric, policy in policies.items() if policy.whose_hours == WhoseHours.OWNER]
    if not by_owner:
        return
    keys = OwnerHours.objects.filter(user=move.owner).values("calendar_key")
    own = Calendar.objects.filter(key__in=keys, retired_at=None).first()
    plan.calendars = {metric: own or policies[metric].calendar for metric in by_owner if own or metric in going_on}


def _hand_over(lead: Lead, move: Move, clocks: Iterable[Clock]) -> None:
    """Let what is still open be owed by who has the lead now. What is overdue was owed by who had it then."""
    is_open = [clock.pk for clock in clocks if clock.due_at is None or clock.due_at > move.at]
    if is_open and move.hands_over():
        Clock.objects.filter(pk__in=is_open).update(owner=move.owner, team=lead.team_id)


def _stop_and_start(lead: Lead, move: Move, transition: Transition, ending: Sequence[Clock], plan: Plan) -> None:
    courses = {
        metric: Course.begin(policy, plan.calendars.get(metric, policy.calendar), move.at)
        for metric, policy in plan.starts.items()
    }
    if not ending and not courses:
        return
    alarms = [(metric, *alarm) for metric, course in courses.items() for alarm in course.alarms.items()]
    values: dict[str, Any] = {
        "lead": lead.pk,
        "act": transition.pk,
        "at": move.at,
        "cycle": move.cycle,
        "owner": move.owner,
        "team": lead.team_id,
        "tz_version": tz_version(),
        "stopping": [clock.pk for clock in ending],
        "states": [_outcome(clock, move).value for clock in ending],
        "elapsed": [None if clock.error else between(clock.calendar, clock.started_at, move.at) for clock in ending],
        "starting": [str(metric) for metric in courses],
        "policies": [course.policy.pk for course in courses.values()],
        "calendars": [course.calendar.pk for course in courses.values()],
        "targets": [course.policy.target_seconds for course in courses.values()],
        "due": [course.due_at for course in courses.values()],
        "errors": [course.error for course in courses.values()],
        "alarms_of": [str(metric) for metric, _, _ in alarms],
        "steps": [step for _, step, _ in alarms],
        "alarms_due": [due_at for _, _, due_at in alarms],
    }
    with connection.cursor() as cursor:
        cursor.execute(_STOP_AND_START, values)


def _outcome(clock: Clock, move: Move) -> ClockState:
    return outcome(clock.due_at, move.at, cancelled=not RULES[clock.metric].stops(move))


def _arm(alarms: Iterable[tuple[Clock, dict[int, Any]]]) -> None:
    PendingAlarm.objects.bulk_create(
        PendingAlarm(clock=clock, step_id=step_id, due_at=due_at)
        for clock, waiting in alarms
        for step_id, due_at in waiting.items()
    )


def _rounds(lead: Lead, cycle: int) -> dict[str, int]:
    return dict(Clock.objects.filter(lead=lead, cycle=cycle).values_list("metric").annotate(Max("round")).order_by())
