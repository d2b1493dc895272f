"""Why a clock is due when it is: all that led to its deadline, in figures that add up by hand."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from leads.models import Transition, User, Verb
from sla.business_time import DAY, WEEKDAYS, ZERO, Stretch, tz_version
from sla.course import OPEN_END, Course, Leg
from sla.durations import in_words
from sla.history import Measurement, Versions, measurements
from sla.models import Calendar, Clock, Holiday, Policy


class StretchPart(StrEnum):
    """What an open stretch is to a clock. Counted and ahead add up to the target, counted and late to what it took."""

    COUNTED = "counted"
    AHEAD = "ahead"
    LATE = "late"


@dataclass(frozen=True)
class Counted:
    """One open stretch, and what its leg adds up to with it."""

    start: datetime
    end: datetime
    part: StretchPart
    total: timedelta

    @property
    def length(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True)
class ExplainedLeg:
    """One leg: what was to go at its start, why, and what it counts. `handed_on` is to go minus what it counted.

    `recounted` is what a leg that was re-evaluated counted by its own terms since the start of the clock; that and what
    was to go are its target.
    """

    start: datetime
    policy: Policy
    calendar: Calendar
    act: Transition
    why: str
    to_go: timedelta
    stretches: Sequence[Counted]
    handed_on: timedelta | None = None
    recounted: Sequence[Counted] | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.calendar.zone)

    @property
    def until_due(self) -> timedelta:
        """What it counts until the clock is due, or until the next leg begins."""
        return length_of(self.stretches, StretchPart.COUNTED, StretchPart.AHEAD)


@dataclass(frozen=True)
class ExplainedPause:
    """One pause. It holds the clock until `held_until`: earlier than its end where the budget was used up."""

    act: Transition
    start: datetime
    end: datetime | None
    held_until: datetime | None

    @property
    def by(self) -> User | None:
        return self.act.by

    @property
    def cause(self) -> str:
        return str(self.act.facts.get("cause", ""))

    @property
    def note(self) -> str:
        return str(self.act.facts.get("note", ""))

    @property
    def is_cut_short(self) -> bool:
        return self.held_until is not None and (self.end is None or self.held_until < self.end)


class Why(StrEnum):
    """Why a day does not count as other days do."""

    HOLIDAY = "holiday"
    OVERRIDE = "override"
    CLOSED = "closed"


@dataclass(frozen=True)
class SpecialDay:
    """A local day on which a calendar is closed, or open at other times; `what` names the holiday, or the times."""

    day: date
    why: Why
    label: str
    calendar: Calendar


@dataclass(frozen=True)
class Explanation:
    """All that led to the deadline of one clock, as its lead's history has it."""

    clock: Clock
    now: datetime
    measurement: Measurement | None
    legs: Sequence[ExplainedLeg] = ()
    pauses: Sequence[ExplainedPause] = ()
    days: Sequence[SpecialDay] = ()
    notes: Sequence[str] = ()

    @property
    def due_at(self) -> datetime | None:
        return self.measurement.course.due_at if self.measurement else None

    @property
    def counted(self) -> timedelta:
        """What it has counted so far, or until it stopped."""
        return sum((length_of(leg.stretches, StretchPart.COUNTED, StretchPart.LATE) for leg in self.legs), ZERO)


def explain(clock: Clock, acts: Sequence[Transition], now: datetime) -> Explanation:
    """Explain a clock by all that the acts of its lead say; each act comes with `by` and `owner`."""
    key = clock.metric, clock.started_by_id
    matching = (
        measured for measured in measurements(acts, Versions()) if (measured.metric, measured.started_by) == key
    )
    measurement = next(matching, None)
    if measurement is None:
        return Explanation(clock, now, None, notes=["This clock does not follow from the history of its lead."])
    legs = list(_legs(measurement, {act.pk: act for act in acts}, now))
    pauses = list(_pauses(measurement, acts))
    notes = list(_notes(clock, measurement, legs, now))
    return Explanation(clock, now, measurement, legs, pauses, list(_days(measurement, now)), notes)


def length_of(stretches: Iterable[Counted], *parts: StretchPart) -> timedelta:
    return sum((stretch.length for stretch in stretches if stretch.part in parts), ZERO)


def _legs(measurement: Measurement, acts: dict[int, Transition], now: datetime) -> Iterator[ExplainedLeg]:
    course = measurement.course
    ends: list[datetime | None] = [*(leg.start for leg in course.legs[1:]), None]
    going = ZERO
    for leg, end in zip(course.legs, ends, strict=True):
        act = acts[measurement.started_by if leg.because is None else leg.because]
        stretches = [] if course.error else list(_stretches(measurement, leg, end, now))
        recounted = list(_recounted(course, leg)) if _is_reevaluated(leg, measurement.metric, act) else None
        explained = ExplainedLeg(
            start=leg.start,
            policy=leg.policy,
            calendar=leg.calendar,
            act=act,
            why=_why(measurement.metric, leg, act, going),
            to_go=leg.left,
            stretches=stretches,
            handed_on=None if end is None else leg.left - length_of(stretches, *StretchPart),
            recounted=recounted,
        )
        going = explained.handed_on or ZERO
        yield explained


def _stretches(measurement: Measurement, leg: Leg, end: datetime | None, now: datetime) -> Iterator[Counted]:
    """What a leg counts, until it is due and until it stopped, or until now; split where either is."""
    course = measurement.course
    seen = max(measurement.stopped_at or now, leg.start)
    until = end or max(course.due_at or seen, seen)
    due_at, total = course.due_at or OPEN_END, ZERO
    for opens, closes in leg.calendar.hours.stretches(leg.start, until, course.cut_by(leg)):
        edges = sorted({opens, closes, *(edge for edge in (due_at, seen) if opens < edge < closes)})
        for start, stop in pairwise(edges):
            total += stop - start
            part = StretchPart.LATE if start >= due_at else StretchPart.AHEAD if start >= seen else StretchPart.COUNTED
            yield Counted(start, stop, part, total)


def _is_reevaluated(leg: Leg, metric: str, act: Transition) -> bool:
    return leg.because is not None and metric in act.facts.get("reevaluated", {})


def _recounted(course: Course, leg: Leg) -> Iterator[Counted]:
    total = ZERO
    for start, end in leg.calendar.hours.stretches(course.started_at, leg.start, course.cut_by(leg)):
        total += end - start
        yield Counted(start, end, StretchPart.COUNTED, total)


def _why(metric: str, leg: Leg, act: Transition, going: timedelta) -> str:
    who = act.by or "the system"
    if leg.because is None:
        text = f"Started: {act.get_verb_display().lower()} by {who}."
    elif _is_reevaluated(leg, metric, act):
        reason = act.facts.get("reason", "")
        text = f"Policies re-evaluated by {who}" + (f": {reason}" if reason else "")
        text += ("" if text.endswith(".") else ".") + " All since the start counts by these terms."
    else:
        text = f"Reassigned to {act.owner} by {who}; {in_words(going, exact=True)} of it was left."
        if leg.left > going:
            text += f" A new owner has at least {in_words(leg.left, exact=True)}."
    if metric in act.facts.get("calendars", {}):
        text += f" It counts by the hours of {act.owner}."
    return text


def _pauses(measurement: Measurement, acts: Iterable[Transition]) -> Iterator[ExplainedPause]:
    """The pauses that the clock took: not those that came after its breach."""
    course = measurement.course
    cut = [] if course.error else course.cut()
    taken = sorted(course.pauses)
    for act in sorted(acts, key=lambda act: (act.at, act.pk)):
        match = next((pause for pause in taken if act.verb == Verb.PAUSE and pause[0] == act.at), None)
        if match is not None:
            taken.remove(match)
            yield _pause(act, match, cut, course.started_at)


def _pause(act: Transition, pause: Stretch, cut: Iterable[Stretch], started_at: datetime) -> ExplainedPause:
    start, end = pause
    since = max(start, started_at)
    held_until = next((min(piece[1], end) for piece in cut if piece[0] <= since < piece[1]), min(since, end))
    return ExplainedPause(act, start, None if end == OPEN_END else end, None if held_until == OPEN_END else held_until)


def _days(measurement: Measurement, now: datetime) -> Iterator[SpecialDay]:
    """The days from its start until it is due and stopped, or until now, that do not count as other days do."""
    course = measurement.course
    seen = max(measurement.stopped_at or now, course.legs[-1].start)
    ends = [*(leg.start for leg in course.legs[1:]), max(course.due_at or seen, seen)]
    spans = [
        (leg.calendar, _local(leg, leg.start), _local(leg, end)) for leg, end in zip(course.legs, ends, strict=True)
    ]
    holidays = Holiday.objects.filter(
        calendar__in={calendar.pk for calendar, _, _ in spans},
        day__range=(min(start for _, start, _ in spans), max(end for _, _, end in spans)),
    )
    names = {(holiday.calendar_id, holiday.day): holiday.name for holiday in holidays}
    seen_days = set()
    for calendar, start, end in spans:
        for number in range((end - start).days + 1):
            day = start + number * DAY
            special = _day(calendar, day, names.get((calendar.pk, day)))
            if special is not None and (calendar.pk, day) not in seen_days:
                seen_days.add((calendar.pk, day))
                yield special


def _local(leg: Leg, at: datetime) -> date:
    return at.astimezone(ZoneInfo(leg.calendar.zone)).date()


def _day(calendar: Calendar, day: date, holiday: str | None) -> SpecialDay | None:
    if holiday is not None:
        return SpecialDay(day, Why.HOLIDAY, holiday, calendar)
    if (hours := calendar.overrides.get(day.isoformat())) is not None:
        return SpecialDay(day, Why.OVERRIDE, ", ".join("–".join(pair) for pair in hours) or "closed", calendar)
    if not calendar.weekly.get(WEEKDAYS[day.weekday()]):
        return SpecialDay(day, Why.CLOSED, "closed", calendar)
    return None


def _notes(clock: Clock, measurement: Measurement, legs: Sequence[ExplainedLeg], now: datetime) -> Iterator[str]:
    """What must be said besides, each in a sentence or two."""
    course = measurement.course
    if course.error:
        yield f"Its deadline cannot be computed. {course.error}"
    if course.paused:
        left = legs[-1].to_go - length_of(legs[-1].stretches, *StretchPart)
        yield f"It is paused and nobody knows until when: it has no due time, and {in_words(left, exact=True)} to go."
    if measurement.stopped_at is None and course.due_at is not None and course.due_at < now:
        yield "It is overdue: it runs past its due time, and is breached."
    if course.silenced:
        yield "An alarm was acknowledged: no further step fires but the breach itself."
    if clock.due_at != course.due_at:
        by = f"by time zone database {clock.tz_version or 'unknown'}, today's is {tz_version() or 'unknown'}"
        yield f"What is stored is another due time ({_utc(clock.due_at)}), computed {by}."


def _utc(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "none"
