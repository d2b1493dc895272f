"""The course of one clock: what it counts by, when it is due, when its alarms fire, and how it ended.

A course is a row of legs. Each counts down what was left at its start, by one policy and one calendar; another begins
when the terms change while the clock runs. Pauses are cut out of all of them. Nothing here writes a row: whoever knows
the acts of a lead can lay out the course of each of its clocks, and it is always the same.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sla.business_time import LAST, ZERO, NeverOpen, Stretch, merged
from sla.models import Calendar, ClockState, Policy, Step, StepKind

OPEN_END = LAST
"""Where a pause ends while nobody knows its end."""


def outcome(due_at: datetime | None, stopped_at: datetime, *, cancelled: bool) -> ClockState:
    """How a stopped clock ended: a fact of the times. One that is cancelled after its breach stays breached."""
    if due_at is not None and stopped_at > due_at:
        return ClockState.BREACHED
    return ClockState.CANCELLED if cancelled or due_at is None else ClockState.MET


@dataclass(frozen=True)
class Leg:
    """From a moment on the clock counts down `left` by the hours of a calendar. `because` is the act that began it."""

    start: datetime
    left: timedelta
    policy: Policy
    calendar: Calendar
    because: int | None = None


@dataclass
class Course:
    """How one clock runs, as far as it is known.

    Each change carries the moment when it was written down (`recorded_at`): a breach that had happened by then is not
    moved, and an alarm that was due by then is not taken back.
    """

    legs: list[Leg]
    pauses: list[Stretch] = field(default_factory=list)
    silenced: bool = False
    due_at: datetime | None = None
    paused: bool = False
    error: str = ""
    alarms: dict[int, datetime] = field(default_factory=dict)
    """When each step fires, by its id. What is past has fired, or is about to."""

    @classmethod
    def begin(cls, policy: Policy, calendar: Calendar, at: datetime, pauses: Iterable[Stretch] = ()) -> "Course":
        course = cls([Leg(at, timedelta(seconds=policy.target_seconds), policy, calendar)], list(pauses))
        course._lay_out(at)
        return course

    @property
    def started_at(self) -> datetime:
        return self.legs[0].start

    @property
    def policy(self) -> Policy:
        return self.legs[-1].policy

    @property
    def calendar(self) -> Calendar:
        return self.legs[-1].calendar

    @property
    def amended(self) -> bool:
        """Something changed it while it ran, so that it is more than its start and its policy."""
        return len(self.legs) > 1 or bool(self.pauses) or self.silenced

    def is_due(self, at: datetime) -> bool:
        """It fell due by a moment: whoever gets the lead then does not owe it."""
        return self.due_at is not None and self.due_at <= at

    def pause(self, pause: Stretch, *, recorded_at: datetime) -> None:
        if self._can_change(recorded_at):
            self.pauses.append(pause)
            self._lay_out(recorded_at)

    def resume(self, at: datetime, *, recorded_at: datetime) -> None:
        """End the pauses that are not over."""
        if self._can_change(recorded_at) and under_way(self.pauses, at):
            self.pauses = ended(self.pauses, at)
            self._lay_out(recorded_at)

    def reevaluate(
        self, policy: Policy, calendar: Calendar, at: datetime, *, recorded_at: datetime, because: int
    ) -> None:
        """Count by another policy, from the start of the clock; a target that is used up already is due at once."""
        if self._can_change(recorded_at):
            counted = between(calendar, self.started_at, at, self._cut(policy, calendar))
            left = max(ZERO, timedelta(seconds=policy.target_seconds) - counted)
            self._go_on(Leg(at, left, policy, calendar, because), recorded_at)

    def hand_over(self, calendar: Calendar, at: datetime, *, recorded_at: datetime, because: int) -> None:
        """Carry what is left to another owner, by their calendar, with at least what the policy grants them."""
        if not self._can_change(recorded_at):
            return
        leg = self.legs[-1]
        going = leg.left - between(leg.calendar, leg.start, at, self.cut())
        left = max(going, timedelta(seconds=leg.policy.floor_seconds))
        if left != going or calendar.pk != leg.calendar.pk:
            self._go_on(Leg(at, left, leg.policy, calendar, because), recorded_at)

    def silence(self, *, recorded_at: datetime) -> None:
        """Let no further step fire but the breach itself."""
        self.silenced = True
        self._lay_out(recorded_at)

    def stop(self, at: datetime) -> None:
        """What nobody knew the end of ends here."""
        if self.paused:
            self.resume(at, recorded_at=at)

    def elapsed(self, until: datetime) -> timedelta:
        """The business time that it counted until a moment."""
        parts = self._parts(until)
        return sum((between(leg.calendar, start, end, self.cut_by(leg)) for leg, start, end in parts), ZERO)

    def stretches(self, until: datetime) -> list[tuple[Leg, list[Stretch]]]:
        """The open time that it counted until a moment, leg by leg."""
        return [
            (leg, leg.calendar.hours.stretches(start, end, self.cut_by(leg))) for leg, start, end in self._parts(until)
        ]

    def cut(self) -> list[Stretch]:
        """What pauses take out: merged, and no more than the policy's budget."""
        return self._cut(self.policy, self.calendar)

    def cut_by(self, leg: Leg) -> list[Stretch]:
        """What pauses take out of one leg, by its own terms: what it handed on was counted so."""
        return self._cut(leg.policy, leg.calendar)

    def _can_change(self, recorded_at: datetime) -> bool:
        return not self.error and (self.due_at is None or self.due_at > recorded_at)

    def _go_on(self, leg: Leg, recorded_at: datetime) -> None:
        self.legs.append(leg)
        self._lay_out(recorded_at)

    def _parts(self, until: datetime) -> Iterator[tuple[Leg, datetime, datetime]]:
        ends = [*(leg.start for leg in self.legs[1:]), until]
        for leg, end in zip(self.legs, ends, strict=True):
            if leg.start < until:
                yield leg, leg.start, min(end, until)

    def _lay_out(self, recorded_at: datetime) -> None:
        """Compute when it is due and when its alarms fire. What cannot be computed sets the clock aside."""
        passed = {step: due_at for step, due_at in self.alarms.items() if due_at <= recorded_at}
        leg = self.legs[-1]
        try:
            cut = self.cut()
            self.paused = bool(cut) and cut[-1][1] == OPEN_END
            self.due_at = None if self.paused else leg.calendar.hours.add(leg.start, leg.left.total_seconds(), cut)
            self.alarms = passed if self.paused else passed | dict(self._upcoming(cut, passed))
        except (NeverOpen, ValueError) as error:
            self.due_at, self.alarms, self.error = None, passed, f"{leg.calendar}: {error}"

    def _upcoming(self, cut: list[Stretch], passed: dict[int, datetime]) -> Iterator[tuple[int, datetime]]:
        leg = self.legs[-1]
        instants = self._passed_instants(passed)
        for step in leg.policy.ladder:
            if _instant(step) in instants or (self.silenced and step.kind != StepKind.BREACH):
                continue
            to_go = leg.left.total_seconds() + step.seconds(leg.policy.target_seconds) - leg.policy.target_seconds
            if to_go >= 0:
                yield step.pk, leg.calendar.hours.add(leg.start, to_go, cut)
            elif leg.left > ZERO:
                yield step.pk, leg.start  # a stricter policy: its warning is late, its target is not

    def _passed_instants(self, passed: dict[int, datetime]) -> set[tuple[int, int]]:
        """Where the steps stood that are past: the ladder of another policy does not fire the same steps again."""
        if not passed:
            return set()
        policies = {leg.policy.pk: leg.policy for leg in self.legs}
        return {_instant(step) for policy in policies.values() for step in policy.ladder if step.pk in passed}

    def _cut(self, policy: Policy, calendar: Calendar) -> list[Stretch]:
        pauses = merged((max(start, self.started_at), end) for start, end in self.pauses)
        if policy.pause_budget_seconds is None:
            return pauses
        budget = timedelta(seconds=policy.pause_budget_seconds)
        within: list[Stretch] = []
        for start, end in pauses:
            if budget > ZERO:
                within.append((start, min(end, calendar.hours.add(start, budget.total_seconds()))))
                budget -= between(calendar, *within[-1])
        return within


def under_way(pauses: Iterable[Stretch], at: datetime) -> list[Stretch]:
    """The pauses that are not over at a moment."""
    return [(start, end) for start, end in pauses if end > at]


def ended(pauses: Iterable[Stretch], at: datetime) -> list[Stretch]:
    """The pauses, with those that are not over at a moment ended there."""
    return [(start, min(end, at)) for start, end in pauses if start < at]


def between(calendar: Calendar, start: datetime, end: datetime, cut: Iterable[Stretch] = ()) -> timedelta:
    """The open time between two moments."""
    return timedelta(seconds=calendar.hours.between(start, end, cut))


def _instant(step: Step) -> tuple[int, int]:
    return step.percent, step.after_seconds
