"""Moments as people and programs write them. Whether day or month comes first is decided once for a file."""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from enum import StrEnum

from django.core.exceptions import ValidationError

from handoff.imports.table import Unreadable


class Order(StrEnum):
    """How a date of three numbers names day, month and year. One with four digits in front is always YMD."""

    DMY = "DMY"
    MDY = "MDY"
    YMD = "YMD"


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK = r"""
    (?: [T,\s]\s* (?P<hour>\d{1,2}) : (?P<minute>\d\d) (?: : (?P<second>\d\d) (?: [.,](?P<fraction>\d{1,9}) )? )?
        (?: \s* (?P<half>[ap])\.?m\.? )? \s* (?P<zone> z | utc | gmt | [+-]\d\d:?\d\d | [+-]\d\d )? )?
"""
_MONTH = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
_YEAR = r"(?P<year>\d{4}|\d\d)"
_FLAGS = re.VERBOSE | re.IGNORECASE
_NUMBERS = re.compile(
    rf"(?P<a>\d{{1,4}})(?P<mark>[-./])(?P<b>\d{{1,2}})(?P=mark)(?P<c>\d{{4}}|\d\d|\d){_CLOCK}", _FLAGS
)
_DAY_FIRST = re.compile(rf"{_WEEKDAY}{_DAY}[\s.-]*{_MONTH}[\s,-]*{_YEAR}{_CLOCK}", _FLAGS)
_MONTH_FIRST = re.compile(rf"{_WEEKDAY}{_MONTH}[\s-]*{_DAY}[\s,-]+{_YEAR}{_CLOCK}", _FLAGS)


def decide_order(texts: Iterable[tuple[int, str]]) -> Order:
    """The one order in which all dates of a file, given with the numbers of their rows, can be read.

    A text that is a date in no order has no say: its row is refused by itself. Raises Unreadable when the dates
    contradict each other, or can be read in several ways.
    """
    seen: dict[frozenset[Order], tuple[int, str]] = {}
    open_readings: dict[str, int] = defaultdict(int)
    for number, text in texts:
        readings = _readings(text)
        if readings:
            seen.setdefault(frozenset(readings), (number, text))
            if len(set(readings.values())) > 1:
                open_readings.setdefault(text, number)
    left = frozenset(Order).intersection(*seen)
    if not left:
        examples = " and ".join(f"“{text}” (row {number})" for number, text in seen.values())
        raise Unreadable(f"The dates contradict each other: {examples}. State how to read them: {_HOW}.")
    for text, number in open_readings.items():
        readings = _readings(text)
        meanings = {order: readings[order] for order in Order if order in left}
        if len(set(meanings.values())) > 1:
            choices = ", or ".join(f"{day:%-d %B %Y} ({order})" for order, day in meanings.items())
            raise Unreadable(f"“{text}” (row {number}) may be {choices}. State which: {_HOW}.")
    return next(order for order in Order if order in left)


_HOW = "--dates DMY, --dates MDY or --dates YMD"


def read_moment(text: str, order: Order, zone: tzinfo) -> datetime:
    """The moment that a text says, in UTC. One without a zone is in `zone`; a date alone is its first moment."""
    day, match = _read(text, order)
    clock = _clock(match)
    if clock is None:
        raise ValidationError(f"“{text}” does not have a valid time of day.")
    offset = _offset(match["zone"])
    try:
        return datetime.combine(day, clock, tzinfo=offset or zone).astimezone(UTC)
    except (OverflowError, ValueError) as error:
        raise ValidationError(f"“{text}” is not a valid date.") from error


def read_day(text: str, order: Order) -> date:
    """The date that a text says; a time of day after it is passed over."""
    return _read(text, order)[0]


def _read(text: str, order: Order) -> tuple[date, re.Match[str]]:
    for pattern in (_DAY_FIRST, _MONTH_FIRST):
        if match := pattern.fullmatch(text):
            month = _MONTHS.index(match["month"][:3].lower()) + 1
            day = _date(_full_year(match["year"]), month, int(match["day"]))
            if day:
                return day, match
    match = _NUMBERS.fullmatch(text)
    if match is None:
        raise ValidationError(f"“{text}” is not a valid date: write one like 2026-03-02 or 2026-03-02T09:00:00Z.")
    order = Order.YMD if len(match["a"]) == 4 else order
    day = _by_order(match, order)
    if day is None:
        raise ValidationError(f"“{text}” is not a valid date when read as {order}.")
    return day, match


def _readings(text: str) -> dict[Order, date]:
    """What a date of three numbers means in each order in which it is one. One with the year in front has no say."""
    match = _NUMBERS.fullmatch(text)
    if match is None or len(match["a"]) == 4:
        return {}
    readings = {order: _by_order(match, order) for order in Order}
    return {order: day for order, day in readings.items() if day}


def _by_order(match: re.Match[str], order: Order) -> date | None:
    a, b, c = match["a"], match["b"], match["c"]
    year, month, day = {Order.DMY: (c, b, a), Order.MDY: (c, a, b), Order.YMD: (a, b, c)}[order]
    if len(year) not in (2, 4) or len(day) > 2 or len(month) > 2:
        return None
    return _date(_full_year(year), int(month), int(day))


def _full_year(text: str) -> int:
    """A year of two digits is the nearest one: 68 is 2068, 69 is 1969, as POSIX has it."""
    year = int(text)
    if len(text) == 4:
        return year
    return year + (2000 if year <= 68 else 1900)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _clock(match: re.Match[str]) -> time | None:
    """Midnight without a time; None for one that does not exist."""
    if match["hour"] is None:
        return time()
    hour = int(match["hour"])
    if match["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match["half"].lower() == "p" else 0)
    microsecond = int((match["fraction"] or "0").ljust(6, "0")[:6])
    try:
        return time(hour, int(match["minute"]), int(match["second"] or 0), microsecond)
    except ValueError:
        return None


def _offset(text: str | None) -> timezone | None:
    if not text:
        return None
    if text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    away = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-away if text[0] == "-" else away) if away < timedelta(hours=24) else UTC
