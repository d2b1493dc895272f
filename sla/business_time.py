"""Business time: when a calendar is open, and how much of that lies between two instants.

Two coordinates are enough: an instant, in UTC, and its *position*, the open time gone by until then. Adding goes from
one to the other and back by bisection, whatever the distance. A timedelta holds whole microseconds, so all is exact.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from itertools import accumulate, chain
from operator import sub
from pathlib import Path
from typing import TypeAlias
from zoneinfo import TZPATH, ZoneInfo

Intervals: TypeAlias = Sequence[Sequence[str]]  # [["09:00", "12:00"], ["13:00", "24:00"]]
Stretch: TypeAlias = tuple[datetime, datetime]  # [from, to)
Hours: TypeAlias = tuple[tuple[timedelta, timedelta], ...]  # wall clock since the midnight of the day they belong to

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
LONGEST = (LAST - FIRST).total_seconds()
ZERO = timedelta(0)
DAY, YEAR, TWO_YEARS = timedelta(days=1), timedelta(days=365), timedelta(days=731)
MARGIN = 3  # days: an overnight interval, the widest offset and a day that a zone left out, all at once


class NeverOpen(ValueError):
    """The open time asked for does not come: the calendar is closed for more than two years, or for good."""


class BusinessHours:
    """The opening hours of one calendar version, in its own time zone.

    `weekly` maps "mon" to "sun" to wall-clock intervals, `overrides` a date to the intervals that replace its own, and
    a holiday closes its date, override or not. An interval that ends at or before its opening ends on the next day; it
    belongs to the day it opened and so runs on into a holiday. Where intervals overlap, the time counts once.

    Only how many years of it are laid out ever changes, so threads may share an instance. Instants outside 1900 to 2200
    raise NeverOpen: no zone's rules are known so far out, and the bound keeps every search and its memory short.
    """

    def __init__(
        self,
        weekly: Mapping[str, Intervals],
        tz: str,
        holidays: Iterable[date | str] = (),
        overrides: Mapping[date, Intervals] | Mapping[str, Intervals] = {},
    ) -> None:
        """Raise ValueError for malformed hours, NeverOpen when no day has any. Dates may be ISO strings."""
        if not isinstance(weekly, Mapping):
            raise TypeError(f'Weekly hours map days to intervals, {{"mon": [["09:00", "17:00"]]}}, not {weekly!r}.')
        if unknown := [name for name in weekly if name not in WEEKDAYS]:
            raise ValueError(f"Unknown weekday {unknown[0]!r}: use {', '.join(WEEKDAYS)}.")
        self._zone = _zone(tz)
        self._weekly = [_hours(weekly.get(name, ()), name) for name in WEEKDAYS]
        self._dated = {_date(day): _hours(intervals, str(day)) for day, intervals in overrides.items()}
        self._dated |= {_date(day): () for day in holidays}
        if not any(chain(self._weekly, self._dated.values())):
            raise NeverOpen("The calendar has no opening hours on any day.")
        self._timeline = _Timeline(LAST, FIRST, [])  # holds no instant yet

    def add(self, start: datetime, seconds: float, pauses: Iterable[Stretch] = ()) -> datetime:
        """Return the earliest instant by which that many seconds have been open: an exact fit ends at closing.

        Zero seconds lead to the next open instant. Negative ones go back, and an exact fit then ends at opening.
        """
        at, span = _utc(start), _span(seconds)
        return self._reach_around(pauses, at, span) if pauses else self._reach(at, span)

    def next_open(self, at: datetime) -> datetime:
        """Return `at` itself if it is open, else the next opening."""
        return self.add(at, 0)

    def between(self, a: datetime, b: datetime, pauses: Iterable[Stretch] = ()) -> float:
        """Return the open seconds from `a` to `b`, negative if `b` is earlier.

        Whole seconds are exact; any others are the float next to the exact count of microseconds.
        """
        start, end = _utc(a), _utc(b)
        if end < start:
            return 0 - self.between(b, a, pauses)  # not the unary minus, which makes -0.0
        timeline = self._covering(start, end)
        if not pauses:
            return timeline.elapsed(start, end).total_seconds()
        return sum((timeline.elapsed(*free) for free in _unpaused(pauses, start, end)), ZERO).total_seconds()

    def stretches(self, a: datetime, b: datetime, pauses: Iterable[Stretch] = ()) -> list[Stretch]:
        """Return what `between` counts, stretch by stretch; `b` must not lie before `a`."""
        start, end = _utc(a), _utc(b)
        if end < start:
            raise ValueError(f"Stretches run forward, and {b} is before {a}: swap them.")
        timeline = self._covering(start, end)
        return [counted for free in _unpaused(pauses, start, end) for counted in timeline.stretches(*free)]

    def _reach_around(self, pauses: Iterable[Stretch], at: datetime, span: timedelta) -> datetime:
        """Use up the time on this side of each pause, then go on from its other side."""
        if span < ZERO:
            for start, end in reversed(_unpaused(pauses, FIRST, at)):
                reached = self._reach(end, span)
                if reached >= start:
                    return reached
                span += self._covering(start, end).elapsed(start, end)
        else:
            for start, end in _unpaused(pauses, at, LAST):
                reached = self._reach(start, span)
                if reached < end or (reached == end and span > ZERO):
                    return reached
                span -= self._covering(start, end).elapsed(start, end)
        raise NeverOpen(f"Paused without an end, seen from {at}.")

    def _reach(self, at: datetime, span: timedelta) -> datetime:
        timeline = self._covering(at, at)
        while (reached := timeline.reach(at, span)) is None:
            timeline = self._extended(timeline, forward=span >= ZERO)
        if timeline.long_closures:
            timeline.refuse_long_closure(min(at, reached), max(at, reached))
        return reached

    def _covering(self, start: datetime, end: datetime) -> "_Timeline":
        """Return a timeline that holds both instants; a wider one is laid out once and then kept."""
        timeline = self._timeline
        if timeline.start <= start and end <= timeline.end:
            return timeline
        if start < FIRST or end > LAST:
            raise NeverOpen(f"Business time is known from {FIRST:%Y} until {LAST:%Y} only.")
        return self._lay_out(min(start - YEAR, timeline.start), max(end + YEAR, timeline.end))

    def _extended(self, timeline: "_Timeline", *, forward: bool) -> "_Timeline":
        """Double the reach, so that even the farthest answer takes a handful of steps, and only once."""
        if timeline.end == LAST if forward else timeline.start == FIRST:
            raise NeverOpen(f"Not enough open time between {FIRST:%Y} and {LAST:%Y}.")
        reach = timeline.end - timeline.start
        return self._lay_out(timeline.start - reach * (not forward), timeline.end + reach * forward)

    def _lay_out(self, start: datetime, end: datetime) -> "_Timeline":
        start, end = max(start, FIRST), min(end, LAST)
        days = range(start.toordinal() - MARGIN, end.toordinal() + MARGIN)
        opened = chain.from_iterable(self._opened_on(date.fromordinal(day)) for day in days)
        inside = ((max(opens, start), min(closes, end)) for opens, closes in opened)
        # Replaced whole, never altered: a thread that still holds the old one goes on undisturbed.
        timeline = self._timeline = _Timeline(start, end, merged(inside))
        return timeline

    def _opened_on(self, day: date) -> Iterator[Stretch]:
        """Convert wall clock to UTC. With fold=0 an edge inside a gap comes later, a repeated one at its first pass."""
        midnight = datetime.combine(day, time.min, self._zone)
        for opens, closes in self._dated.get(day, self._weekly[day.weekday()]):
            yield _utc(midnight + opens), _utc(midnight + closes)


class _Timeline:
    """The open stretches of some years, sorted and disjoint, each with the position at which it begins.

    Its base is where it would begin had nothing been closed before it: base + position = instant. An empty stretch at
    either end keeps every search inside.
    """

    __slots__ = ("bases", "closes", "end", "long_closures", "opens", "positions", "start")

    def __init__(self, start: datetime, end: datetime, stretches: list[Stretch]) -> None:
        self.start, self.end = start, end
        self.opens = [start, *(opens for opens, _ in stretches), end]
        self.closes = [start, *(closes for _, closes in stretches), end]
        self.positions = list(accumulate(map(sub, self.closes, self.opens), initial=ZERO))
        self.bases: list[datetime] = list(map(sub, self.opens, self.positions))
        closures = zip(self.closes, self.opens[1:], strict=False)
        self.long_closures = [(closes, opens) for closes, opens in closures if opens - closes > TWO_YEARS]

    def reach(self, at: datetime, span: timedelta) -> datetime | None:
        """Return the instant that much open time from `at`, None if it lies outside.

        Where the calendar is closed, a whole stretch of instants has the same position: going on, the first of them
        (the closing) is meant, otherwise the last (the next opening).
        """
        position = self.position(at) + span
        i = (bisect_left if span > ZERO else bisect_right)(self.positions, position) - 1
        return self.bases[i] + position if 0 <= i < len(self.bases) else None

    def position(self, at: datetime) -> timedelta:
        i = bisect_right(self.opens, at) - 1
        return min(at, self.closes[i]) - self.bases[i]

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        return self.position(end) - self.position(start)

    def refuse_long_closure(self, start: datetime, end: datetime) -> None:
        for closes, opens in self.long_closures:
            if min(opens, end) - max(closes, start) > TWO_YEARS:
                raise NeverOpen(f"Closed for more than two years from {max(closes, start)} on.")

    def stretches(self, start: datetime, end: datetime) -> Iterator[Stretch]:
        for i in range(bisect_right(self.opens, start) - 1, bisect_left(self.opens, end)):
            opens, closes = max(self.opens[i], start), min(self.closes[i], end)
            if opens < closes:
                yield opens, closes


def _unpaused(pauses: Iterable[Stretch], start: datetime, end: datetime) -> list[Stretch]:
    """Cut the pauses, which may overlap and come in any order, out of [start, end)."""
    free = []
    for paused, resumed in sorted(map(_pause, pauses)):
        if start < min(paused, end):
            free.append((start, min(paused, end)))
        start = max(start, resumed)
    return [*free, (start, end)] if start < end else free


@cache
def tz_version() -> str:
    """The version of the time zone database that this process computes by, like 2026a; empty when it tells none."""
    for folder in TZPATH:
        listing = Path(folder, "tzdata.zi")
        if listing.exists():
            with listing.open() as lines:
                return lines.readline().removeprefix("# version").strip()
    return getattr(import_module("tzdata"), "IANA_VERSION", "") if find_spec("tzdata") else ""


def _pause(pause: Stretch) -> Stretch:
    paused, resumed = _utc(pause[0]), _utc(pause[1])
    if resumed < paused:
        raise ValueError(f"A pause ends after it begins: {pause[1]} is before {pause[0]}.")
    return paused, resumed


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Join what overlaps or touches; drop what is empty, or turned inside out by a spring-forward gap."""
    joined: list[Stretch] = []
    for opens, closes in sorted(stretches):
        if joined and opens <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], closes)
        elif opens < closes:
            joined.append((opens, closes))
    return joined


def _utc(at: datetime) -> datetime:
    try:
        return FIRST + (at - FIRST)  # unlike astimezone, this takes no naive time for local
    except TypeError as error:
        raise ValueError(f"{at!r} names no instant: give a datetime with a time zone, such as tzinfo=UTC.") from error


def _span(seconds: float) -> timedelta:
    if abs(seconds) > LONGEST:
        raise NeverOpen(f"There are fewer than {abs(seconds)} seconds between {FIRST:%Y} and {LAST:%Y}.")
    return timedelta(0, seconds)


def _zone(tz: str) -> ZoneInfo:
    try:
        return ZoneInfo(tz)
    except (LookupError, OSError, TypeError, ValueError) as error:
        raise ValueError(f"Unknown time zone {tz!r}: use an IANA name such as 'Europe/Berlin'.") from error


def _date(day: date | str) -> date:
    if isinstance(day, str):
        return date.fromisoformat(day)
    if isinstance(day, datetime):
        raise ValueError(f"{day!r} is an instant: give the local date.")  # noqa: TRY004
    return day


def _hours(intervals: Intervals, where: str) -> Hours:
    try:
        pairs = [(opens, closes) for opens, closes in intervals]
    except (TypeError, ValueError) as error:
        raise ValueError(f'{where}: give pairs such as [["09:00", "17:00"]], not {intervals!r}.') from error
    return tuple(_interval(opens, closes, where) for opens, closes in pairs)


def _interval(opens: str, closes: str, where: str) -> tuple[timedelta, timedelta]:
    opening, closing = _clock(opens, where), _clock("00:00" if closes == "24:00" else closes, where)
    return opening, closing if opening < closing else closing + DAY


def _clock(text: str, where: str) -> timedelta:
    clock = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", str(text))
    if clock is None:
        raise ValueError(
            f'{where}: {text!r} is not a valid time of day: "00:00" to "23:59", or "24:00" to close at midnight.'
        )
    return timedelta(hours=int(clock[1]), minutes=int(clock[2]))
