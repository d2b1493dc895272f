"""What histories that are alike have in common: which of their acts start and stop which clocks, whatever the times.

Most leads are only given, accepted, touched and moved on: a pattern says at sight that their clocks are as they must
be. It never says more than that. Whatever does not agree, or is less simple, is derived by `sla.history`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from leads.models import AMENDING, ANY_TIME, State, Transition, Verb
from sla.business_time import FIRST, BusinessHours
from sla.course import OPEN_END, Course, between, outcome
from sla.history import Versions, moves
from sla.metrics import RULES, Move
from sla.models import Calendar, ClockState, Policy, StepKind

_NOT_SIMPLE = {*AMENDING, Verb.MERGE} - {Verb.PAUSE, Verb.RESUME}
PATTERNS = 20_000
"""How many are kept: memory does not grow with the number of leads."""
Dues = Mapping[int, datetime]


class Act(NamedTuple):
    """One act as it is read. What follows its team makes the pattern, with which owners are the same."""

    lead: int
    pk: int
    at: datetime
    recorded_at: datetime
    owner: int | None
    team: int | None
    verb: str
    from_state: str
    to_state: str
    cycle: int
    automatic: str | None
    policies: str | None
    calendars: str | None
    is_simple: bool


class StoredClock(NamedTuple):
    """One clock as it is read. What follows the act that started it is compared."""

    lead: int
    pk: int
    metric: str
    started_by: int
    cycle: int
    policy: int
    calendar: int
    target_seconds: int
    owner: int | None
    team: int | None
    started_at: datetime
    due_at: datetime | None
    stopped_at: datetime | None
    stopped_by: int | None
    state: str
    elapsed: timedelta | None
    paused: bool
    amended: bool
    is_excused_or_broken: bool


@dataclass
class Outline:
    """One clock that nothing but pauses has amended. An act is its rank in the order in which they happened."""

    metric: str
    cycle: int
    policy: Policy
    calendar: Calendar
    started: int
    owed_since: list[int]
    """The acts that gave the lead to whoever may owe it: the last one before it is due."""
    pauses: list[list[int]] = field(default_factory=list)
    """The act that began each, and the one that ended it if any did."""
    stopped: int | None = None
    cancelled: bool = False

    @cached_property
    def terms(self) -> tuple[int, int, int, int]:
        return self.cycle, self.policy.pk, self.calendar.pk, self.policy.target_seconds

    @cached_property
    def hours(self) -> BusinessHours:
        return self.calendar.hours

    @cached_property
    def steps(self) -> dict[int, int]:
        """After how many seconds each fires, in that order."""
        return {step.pk: step.seconds(self.policy.target_seconds) for step in self.policy.ladder}

    @cached_property
    def breach(self) -> int:
        return next((step.pk for step in self.policy.ladder if step.kind == StepKind.BREACH), 0)

    def matches(self, clock: StoredClock, acts: Sequence[Act], waiting: Dues, fired: Dues) -> bool:
        """Whether a clock and its alarms are what follows from these acts."""
        try:
            course = self._course(acts) if self.pauses else None
            return self._is(clock, acts, course) and self._rings(clock, waiting, fired, course)
        except ValueError:  # its calendar cannot say when it is due
            return False

    def _course(self, acts: Sequence[Act]) -> Course:
        """How it runs with its pauses; without any, the plain sum of `hours` is many times faster."""
        course = Course.begin(self.policy, self.calendar, acts[self.started].at)
        for begun, *ends in self.pauses:
            course.pause((acts[begun].at, OPEN_END), recorded_at=acts[begun].recorded_at)
            for end in ends:
                course.resume(acts[end].at, recorded_at=acts[end].recorded_at)
        return course

    def _is(self, clock: StoredClock, acts: Sequence[Act], course: Course | None) -> bool:
        started_at = acts[self.started].at
        due_at = course.due_at if course else self.hours.add(started_at, self.policy.target_seconds)
        owed = acts[self.owed_since[0]]
        for given in self.owed_since[1:]:
            owed = acts[given] if due_at is None or acts[given].at < due_at else owed
        should_be = (
            *self.terms,
            owed.owner,
            owed.team or clock.team,
            started_at,
            due_at,
            *self._end(acts, due_at, course),
            *((course.paused, course.amended, bool(course.error)) if course else (False, False, False)),
        )
        return clock[4:] == should_be

    def _end(
        self, acts: Sequence[Act], due_at: datetime | None, course: Course | None
    ) -> tuple[datetime | None, int | None, str, timedelta | None]:
        if self.stopped is None:
            return None, None, ClockState.RUNNING, None
        started_at, stop = acts[self.started].at, acts[self.stopped]
        state = outcome(due_at, stop.at, cancelled=self.cancelled)
        elapsed = course.elapsed(stop.at) if course else between(self.calendar, started_at, stop.at)
        return stop.at, stop.pk, state, elapsed

    def _rings(self, clock: StoredClock, waiting: Dues, fired: Dues, course: Course | None) -> bool:
        """What must wait does, and what has fired is of this ladder, no longer waits, and was dated when it was due."""
        if fired:
            if waiting.keys() & fired.keys() or not fired.keys() <= self.steps.keys():
                return False
            if clock.state == ClockState.BREACHED and fired.get(self.breach, clock.due_at) != clock.due_at:
                return False
        if len(fired) == len(self.steps):
            return not waiting
        if clock.state == ClockState.CANCELLED or self.policy.mistake_at:
            return not waiting
        if course:
            ends = clock.stopped_at or OPEN_END
            return waiting == {step: due for step, due in course.alarms.items() if due < ends and step not in fired}
        return waiting == dict(self._should_wait(clock, fired))

    def _should_wait(self, clock: StoredClock, fired: Dues) -> Iterator[tuple[int, datetime]]:
        took = None if clock.elapsed is None else clock.elapsed.total_seconds()
        for step, seconds in self.steps.items():
            if took is not None and took < seconds:
                return  # it stopped before this one and all that follow
            if step not in fired:
                due_at = self.hours.add(clock.started_at, seconds)
                if clock.stopped_at is None or due_at < clock.stopped_at:
                    yield step, due_at


@dataclass
class Pattern:
    """What follows from acts, for any lead whose acts are of the same kinds in the same order."""

    state: str
    cycle: int
    last: int | None
    """The act that was written last: whose owner the lead has."""
    moved: int | None
    """The act that brought the lead into its state."""
    outlines: list[Outline] = field(default_factory=list)


class Patterns:
    """The patterns met so far. None stands for histories that a pattern cannot describe."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self._kept: dict[tuple[object, ...], Pattern | None] = {}

    def of(self, happened: Sequence[Act], written: Sequence[Act]) -> Pattern | None:
        """That of the acts of a lead, in the order in which they happened and in that in which they were written."""
        ranks: dict[int | None, int | None] = {None: None}
        owners = tuple([ranks.setdefault(act.owner, len(ranks)) for act in happened])
        order = () if happened == written else tuple([happened.index(act) for act in written])
        key = (tuple([act[6:] for act in happened]), owners, order)
        if key not in self._kept:
            if len(self._kept) >= PATTERNS:
                self._kept.clear()
            self._kept[key] = _pattern(happened, owners, order or range(len(happened)), self._versions)
        return self._kept[key]


def _pattern(
    happened: Sequence[Act], owners: Sequence[int | None], order: Sequence[int], versions: Versions
) -> Pattern | None:
    state, cycle, moved = str(State.RAW), 0, None
    for rank in order:
        act = happened[rank]
        if act.from_state != state:
            return None
        state, cycle, moved = act.to_state, act.cycle, rank if act.to_state != act.from_state else moved
    outlines = _outlines(happened, owners, versions)
    return None if outlines is None else Pattern(state, cycle, order[-1] if order else None, moved, outlines)


def _outlines(happened: Sequence[Act], owners: Sequence[int | None], versions: Versions) -> list[Outline] | None:
    """All clocks; None if anything else happens to them than that they start, change hands, are paused, and stop."""
    if not all(map(_is_simple, happened)):
        return None
    acts = [_like(act, rank, owner) for rank, (act, owner) in enumerate(zip(happened, owners, strict=True))]
    life = _Life(versions)
    goes_on = all(life.go_through(act, move, rank) for rank, (act, move) in enumerate(moves(acts)))
    return life.outlines if goes_on else None


class _Life:
    """The outlines of the clocks of one lead, act by act, as `sla.history` has the clocks themselves."""

    def __init__(self, versions: Versions) -> None:
        self.versions = versions
        self.outlines: list[Outline] = []
        self.running: dict[str, Outline] = {}
        self.given: int | None = None  # the act that gave the lead to whoever has it
        self.is_paused = False

    def go_through(self, act: Transition, move: Move, rank: int) -> bool:
        """Whether what the act does to the clocks can be outlined."""
        self.given = self.given if act.verb in ANY_TIME else rank
        self._resume(act, move, rank)
        if not self._pause(act, rank):
            return False
        for metric in [metric for metric in self.running if move.ends(metric)]:
            ending = self.running.pop(metric)
            ending.stopped, ending.cancelled = rank, not RULES[metric].stops(move)
        if not all(_goes_on(outline, act, move, rank) for outline in self.running.values()):
            return False
        return all(self._start(metric, policy, act, move, rank) for metric, policy in act.facts["policies"].items())

    def _resume(self, act: Transition, move: Move, rank: int) -> None:
        if self.is_paused and (act.verb == Verb.RESUME or move.moves_state()):
            self.is_paused = False
            for outline in self.running.values():
                outline.pauses[-1].append(rank)

    def _pause(self, act: Transition, rank: int) -> bool:
        """A pause within a pause is not outlined."""
        if act.verb == Verb.PAUSE:
            if self.is_paused:
                return False
            self.is_paused = True
            for outline in self.running.values():
                outline.pauses.append([rank])
        return True

    def _start(self, metric: str, policy_id: int, act: Transition, move: Move, rank: int) -> bool:
        """A clock that starts in a pause is not outlined, nor is one that nothing was there to measure for."""
        if metric in self.running or self.is_paused or self.given is None or not RULES[metric].starts(move):
            return False
        policy = self.versions.policy(policy_id)
        calendar = self.versions.calendar(act.facts["calendars"].get(metric, policy.calendar_id))
        self.running[metric] = Outline(metric, move.cycle, policy, calendar, rank, [self.given])
        self.outlines.append(self.running[metric])
        return True


def _goes_on(outline: Outline, act: Transition, move: Move, rank: int) -> bool:
    """Let it be owed by who gets the lead, unless the terms of that amend it."""
    if move.hands_over():
        outline.owed_since.append(rank)
    calendar = act.facts["calendars"].get(outline.metric, outline.calendar.pk)
    return not move.changes_owner() or (calendar == outline.calendar.pk and not outline.policy.floor_seconds)


def _is_simple(act: Act) -> bool:
    return act.is_simple and act.verb not in _NOT_SIMPLE and act.automatic in (None, "true", "false")


def _like(act: Act, rank: int, owner: int | None) -> Transition:
    """An act of the same kind, dated by its rank, by which rules can be asked."""
    facts = {
        "automatic": act.automatic == "true",
        "policies": json.loads(act.policies or "{}"),
        "calendars": json.loads(act.calendars or "{}"),
    }
    kind = {"verb": act.verb, "from_state": act.from_state, "to_state": act.to_state, "cycle": act.cycle}
    return Transition(pk=rank, at=FIRST + timedelta(seconds=rank), owner_id=owner, facts=facts, **kind)
