"""The clocks of the past of many leads at once, made what their histories say: computed in memory, written in bulk."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from leads.internals.copying import copy_in
from leads.models import Lead, State, Transition
from sla.business_time import tz_version
from sla.clocks import judging_of, mend, rank
from sla.comparison import Alarms, Difference, differences, fields_of
from sla.history import Measurement, Versions, moves, undone_by
from sla.metrics import IN_SALES, RULES, Metric
from sla.models import Alarm, Calendar, Clock, OwnerHours, PendingAlarm, Policy, WhoseHours

Row = TypeVar("Row", Clock, Transition)
_NO_ALARMS = Alarms({}, {})
NOT_ON_RECORD = frozenset({Metric.TIME_TO_ANSWER, Metric.TIME_TO_DECIDE})
"""What no other system keeps: a clock of these would never stop."""
Choice = dict[str, dict[str, int]]
"""What an act of the history says of the clocks that it starts: `policies`, and `calendars` where they differ."""
Choices = dict[int, Choice]


@dataclass
class Terms:
    """By which policies in force, and by whose hours, the past is measured: read once for many leads."""

    in_force: Sequence[Policy]
    _calendars: dict[int, Calendar] | None = field(default=None, init=False)

    def choose(self, lead: Lead, acts: Sequence[Transition], new: Collection[int], guessed: Collection[int]) -> Choices:
        """What the new acts of a lead start, by their ids.

        A clock is not started where nobody knows when it began or ended: by a guessed moment it would be met or
        breached at random. Nor is one that the past never stopped, though the lead is out of the hands of sales.
        """
        started = _started(acts, new, guessed)
        judging = judging_of(lead, set().union(*started.values()), self.in_force)
        return {pk: self.of(lead, metrics, judging) for pk, metrics in started.items() if metrics & judging.keys()}

    def of(self, lead: Lead, metrics: Collection[str], judging: Mapping[str, Policy]) -> Choice:
        """The terms of some metrics, as the history keeps them."""
        policies = {metric: judging[metric] for metric in RULES if metric in metrics and metric in judging}
        own = self._hours_of(lead.owner_id) if any(map(_is_by_owner, policies.values())) else None
        choice: Choice = {"policies": {metric: policy.pk for metric, policy in policies.items()}}
        if own:
            choice["calendars"] = {metric: own.pk for metric, policy in policies.items() if _is_by_owner(policy)}
        return choice

    def _hours_of(self, owner: int | None) -> Calendar | None:
        if self._calendars is None:
            current = {calendar.key: calendar for calendar in Calendar.objects.filter(retired_at=None)}
            hours = OwnerHours.objects.values_list("user_id", "calendar_key")
            self._calendars = {user: current[key] for user, key in hours if key in current}
        return self._calendars.get(owner or 0)


def _started(acts: Sequence[Transition], new: Collection[int], guessed: Collection[int]) -> dict[int, set[str]]:
    """The metrics that the new acts start and that can be measured."""
    running: dict[str, int] = {}
    started: defaultdict[int, set[str]] = defaultdict(set)
    state = str(State.RAW)
    for act, move in moves(acts):
        is_known, state = act.pk not in guessed, move.to_state
        for metric in [metric for metric in running if move.ends(metric)]:
            start = running.pop(metric)
            started[start] -= set() if is_known else {metric}
        beginning = {metric for metric, rule in RULES.items() if rule.starts(move)} - running.keys() - NOT_ON_RECORD
        running |= dict.fromkeys(beginning, act.pk)
        started[act.pk] = beginning if is_known and act.pk in new else set()
    for metric, start in running.items() if state not in IN_SALES else ():
        started[start].discard(metric)
    return started


def _is_by_owner(policy: Policy) -> bool:
    return policy.whose_hours == WhoseHours.OWNER


def on_the_clock(acts: Iterable[Transition]) -> set[str]:
    """The metrics of which a clock would run after these acts of one lead."""
    running: set[str] = set()
    state = str(State.RAW)
    for _, move in moves(acts):
        running = {metric for metric in running if not move.ends(metric)}
        running |= {metric for metric, rule in RULES.items() if rule.starts(move)} - NOT_ON_RECORD
        state = move.to_state
    return running if state in IN_SALES else set()


def follow_histories(leads: Collection[Lead], now: datetime) -> list[Difference]:
    """Make the clocks of leads what their histories say, as `clocks.follow_history` does for one; return what changed.

    Of a clock that is made here, what was due by now is past: it is recorded as overtaken, and nobody is notified.
    Call it in a transaction, with the leads locked.
    """
    clocks = _by_lead(Clock.objects.filter(lead__in=leads))
    acts = _by_lead(Transition.written.filter(lead__in=leads))
    versions, changed = Versions(), list[Difference]()
    fresh: list[tuple[Clock, Measurement]] = []
    for lead in leads:
        stored = clocks[lead.pk]
        found = list(differences(acts[lead.pk], stored, versions, now, None if stored else _NO_ALARMS))
        undone = undone_by(acts[lead.pk])
        for difference in sorted(found, key=rank):
            if difference.stored is not None:
                mend(lead, difference, undone)
        changed += found
        fresh += _made(lead, [each.expected for each in found if each.expected and not each.stored], stored)
    _write(fresh, now)
    return changed


def _made(lead: Lead, expected: Iterable[Measurement], stored: Iterable[Clock]) -> Iterator[tuple[Clock, Measurement]]:
    """New clocks, each numbered after those of its metric and cycle that there are."""
    rounds = Counter[tuple[str, int]]()
    for clock in stored:
        rounds[clock.metric, clock.cycle] = max(rounds[clock.metric, clock.cycle], clock.round)
    for measurement in expected:
        rounds[measurement.metric, measurement.cycle] += 1
        following = rounds[measurement.metric, measurement.cycle]
        clock = Clock(
            lead=lead,
            metric=measurement.metric,
            round=following,
            started_by_id=measurement.started_by,
            tz_version=tz_version(),
            **fields_of(measurement),
        )
        yield clock, measurement


def _write(fresh: Sequence[tuple[Clock, Measurement]], now: datetime) -> None:
    copy_in([clock for clock, _ in fresh])
    dues = [(clock, step, due_at) for clock, made in fresh for step, due_at in made.waiting.items()]
    copy_in(
        [
            Alarm(clock=clock, step_id=step, due_at=due_at, fired_at=now, superseded=True)
            for clock, step, due_at in dues
            if due_at <= now
        ]
    )
    copy_in([PendingAlarm(clock=clock, step_id=step, due_at=due_at) for clock, step, due_at in dues if due_at > now])


def _by_lead(rows: Iterable[Row]) -> defaultdict[int, list[Row]]:
    grouped: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row.lead_id].append(row)
    return grouped
