"""How a period is laid out in spans whose figures are kept: years, months, and days at its edges."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

ALWAYS, NEVER = date(1, 1, 1), date(9999, 12, 31)
"""Stand for what has no bound."""
OLDEST, NEWEST = date(2000, 1, 1), date(2060, 1, 1)
"""What is older or newer is one span each."""
_DAY = timedelta(days=1)


class Span(NamedTuple):
    """Days of the firm, the last one exclusive."""

    first: date
    until: date

    @property
    def parts(self) -> list["Span"]:
        """The months of a year and the days of a month; nothing of what is not divided."""
        if self == year_of(self.first):
            return list(months(*self))
        return days(*self) if self == month_of(self.first) else []

    def bounds(self, zone: tzinfo) -> "Bounds":
        return Bounds(midnight(self.first, zone), midnight(self.until, zone))


class Bounds(NamedTuple):
    """A part of a period, in moments; nothing where it has no bound."""

    start: datetime | None
    end: datetime | None


BEFORE, AFTER = Span(ALWAYS, OLDEST), Span(NEWEST, NEVER)


def midnight(day: date, zone: tzinfo) -> datetime | None:
    """The first moment of a day, as PostgreSQL reads a date in a zone."""
    return None if day in (ALWAYS, NEVER) else datetime.combine(day, time(), zone).astimezone(UTC)


def day_of(day: date) -> Span:
    return Span(day, day if day == NEVER else day + _DAY)


def month_of(day: date) -> Span:
    first = day.replace(day=1)
    return Span(first, first if first.year == NEVER.year else (first + timedelta(days=31)).replace(day=1))


def year_of(day: date) -> Span:
    first = day.replace(month=1, day=1)
    return Span(first, first if first.year == NEVER.year else first.replace(year=first.year + 1))


def days(first: date, until: date) -> list[Span]:
    return [day_of(first + n * _DAY) for n in range((until - first).days)]


def months(first: date, until: date) -> Iterator[Span]:
    while first < until:
        month = month_of(first)
        yield month
        first = month.until


class Layout(NamedTuple):
    """A period as whole spans, and the parts of days at its ends, which are counted from the tables."""

    spans: list[Span]
    edges: list[Bounds]


def laid_out(start: datetime | None, end: datetime | None, zone: tzinfo) -> Layout:
    first, last = _day_from(start, zone), _day_until(end, zone)
    if first > last:
        return Layout([], [Bounds(start, end)])
    edges = [Bounds(start, midnight(first, zone)), Bounds(midnight(last, zone), end)]
    return Layout(list(_spans(first, last)), [edge for edge in edges if edge.start != edge.end])


def _day_from(start: datetime | None, zone: tzinfo) -> date:
    """The first day that begins then or later."""
    if start is None:
        return ALWAYS
    day = start.astimezone(zone).date()
    return day if midnight(day, zone) == start else day + _DAY


def _day_until(end: datetime | None, zone: tzinfo) -> date:
    return NEVER if end is None else end.astimezone(zone).date()


def _spans(first: date, last: date) -> Iterator[Span]:
    if first == last:
        return
    if first < OLDEST:
        yield from [BEFORE] if first == ALWAYS and last >= OLDEST else [Span(first, min(last, OLDEST))]
    yield from _divided(max(first, OLDEST), min(last, NEWEST))
    if last > NEWEST:
        yield from [AFTER] if last == NEVER and first <= NEWEST else [Span(max(first, NEWEST), last)]


def _divided(first: date, last: date) -> Iterator[Span]:
    """The greatest spans of which the days from the first to the last consist."""
    while first < last:
        sizes = (year_of(first), month_of(first), day_of(first))
        span = next(size for size in sizes if size.first == first and size.until <= last)
        yield span
        first = span.until


def joined(spans: list[Span]) -> list[Span]:
    """Those that follow each other as one."""
    together: list[Span] = []
    for span in sorted(spans):
        if together and together[-1].until == span.first:
            together[-1] = Span(together[-1].first, span.until)
        else:
            together.append(span)
    return together
