"""The course of a clock worked out a second time, slowly and on its own: by walking through the open hours.

It shares no code with the engine. It knows a clock's start, its policy's ladder, its calendar's hours, and what the
history of its lead tells of pauses and of acknowledgements.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from leads.models import Transition, Verb
from sla.models import Calendar, Clock, ClockState, Step

DAY = timedelta(days=1)
Stretch = tuple[datetime, datetime]
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass
class Course:
    """When a clock is due and when its steps fire, by their ids; changed act by act in the order they happened."""

    clock: Clock
    steps: list[Step]
    pauses: list[Stretch] = field(default_factory=list)
    is_acknowledged: bool = False
    due_at: datetime | None = None
    alarms: dict[int, datetime] = field(default_factory=dict)

    def lay_out(self, known: datetime) -> None:
        """What was due by the moment at which a change was written down stays as it was."""
        passed = {step: due for step, due in self.alarms.items() if due <= known}
        if any(end == NEVER for _, end in self.pauses):
            self.due_at, self.alarms = None, passed
            return
        target = self.clock.target_seconds
        self.due_at = self._add(target)
        upcoming = {
            step.pk: self._add(target * step.percent // 100 + step.after_seconds)
            for step in self.steps
            if not self.is_acknowledged or (step.percent == 100 and not step.after_seconds)
        }
        self.alarms = upcoming | passed

    def is_settled(self, known: datetime) -> bool:
        return self.due_at is not None and self.due_at <= known

    def _add(self, seconds: int) -> datetime:
        return add(self.clock.calendar, self.clock.started_at, seconds, self.pauses)


def course_of(clock: Clock, steps: list[Step], acts: list[Transition]) -> Course:
    """Follow the acts of its lead, in the order in which they happened, from the start of the clock to its stop."""
    begun = [act.pk for act in acts].index(clock.started_by_id)
    course = _begin(Course(clock, steps), acts[begun], _paused_before(acts[begun], acts[:begun]))
    if clock.stopped_by_id != clock.started_by_id:
        for act in acts[begun + 1 :]:
            if _moves(act) or act.pk != clock.stopped_by_id:  # a move ends what was paused, its own clock's too
                _change(course, act)
            if act.pk == clock.stopped_by_id:
                break
    if clock.stopped_at is not None and course.due_at is None:
        course.pauses = _ended(course.pauses, clock.stopped_at)
        course.lay_out(clock.stopped_at)
    return course


def _paused_before(start: Transition, acts: list[Transition]) -> list[tuple[Stretch, datetime]]:
    """The pauses that go on as the clock starts, each with when it was written down."""
    pauses: list[tuple[Stretch, datetime]] = []
    for act in [*acts, start]:
        if act.verb == Verb.RESUME or _moves(act):
            pauses = [((begin, min(end, act.at)), known) for (begin, end), known in pauses if begin < act.at]
        if act.verb == Verb.PAUSE:
            pauses.append((_pause(act), act.recorded_at))
    return [(pause, known) for pause, known in pauses if pause[1] > start.at]


def _begin(course: Course, start: Transition, pauses: list[tuple[Stretch, datetime]]) -> Course:
    """What was told of a pause only later changes nothing that had happened by then."""
    course.pauses = [pause for pause, known in pauses if known <= start.recorded_at]
    course.lay_out(start.at)
    for pause, known in sorted(pauses, key=lambda told: told[1]):
        if known > start.recorded_at and not course.is_settled(known):
            course.pauses.append(pause)
            course.lay_out(known)
    return course


def _change(course: Course, act: Transition) -> None:
    known = act.recorded_at
    if (act.verb == Verb.RESUME or _moves(act)) and not course.is_settled(known):
        course.pauses = _ended(course.pauses, act.at)
        course.lay_out(known)
    if act.verb == Verb.PAUSE and not course.is_settled(known):
        course.pauses.append(_pause(act))
        course.lay_out(known)
    if act.verb == Verb.ACKNOWLEDGE and _is_about(act, course.clock):
        course.is_acknowledged = True
        course.lay_out(known)


def called_off_at(course: Course, acts: list[Transition]) -> datetime | None:
    """When it was written down that nothing more is to come of a clock: it was cancelled, or its breach excused."""
    clock, due_at = course.clock, course.due_at
    if clock.state == ClockState.CANCELLED and clock.stopped_by:
        return clock.stopped_by.recorded_at
    if due_at is None or (clock.stopped_at is not None and clock.stopped_at <= due_at):
        return None  # it was no breach after all, so there is nothing to excuse
    excuses = [act for act in acts if act.verb == Verb.EXCUSE and act.at > due_at and _is_about(act, clock)]
    return excuses[0].recorded_at if excuses else None


def _is_about(act: Transition, clock: Clock) -> bool:
    return (act.facts.get("metric"), act.facts.get("clock_started_by")) == (clock.metric, clock.started_by_id)


def _moves(act: Transition) -> bool:
    return act.from_state != act.to_state


def _pause(act: Transition) -> Stretch:
    until = act.facts.get("until")
    return act.at, datetime.fromisoformat(until) if until else NEVER


def _ended(pauses: Iterable[Stretch], at: datetime) -> list[Stretch]:
    return [(start, min(end, at)) for start, end in pauses if start < at]


def add(calendar: Calendar, start: datetime, seconds: int, pauses: Iterable[Stretch] = ()) -> datetime:
    """The instant by which so many seconds have gone by that were open and in no pause."""
    left, day = timedelta(seconds=seconds), (start - DAY).date()
    while True:
        for opens, closes in _open(calendar, day):
            if closes <= start:
                continue
            for begin, end in _without(pauses, max(opens, start), closes):
                if left <= end - begin:
                    return begin + left
                left -= end - begin
        day += DAY


def _without(pauses: Iterable[Stretch], begin: datetime, end: datetime) -> Iterator[Stretch]:
    """What pauses leave of a stretch of open time."""
    for paused, resumed in sorted(pauses):
        if begin < paused < end:
            yield begin, paused
        if paused < end:
            begin = max(begin, resumed)
    if begin < end:
        yield begin, end


@cache
def _open(calendar: Calendar, day: date) -> list[Stretch]:
    """The open hours of a local day, as instants. The calendars of the soak have no holidays and no nights."""
    zone = ZoneInfo(calendar.zone)
    hours = calendar.overrides.get(str(day), calendar.weekly.get(f"{day:%a}".lower(), []))
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    return sorted((_at(midnight, opens), _at(midnight, closes)) for opens, closes in hours)


def _at(midnight: datetime, wall_clock: str) -> datetime:
    hour, minute = map(int, wall_clock.split(":"))
    return (midnight + timedelta(hours=hour, minutes=minute)).astimezone(UTC)
