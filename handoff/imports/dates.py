"""Moments as people and programs write them. Whether day or month comes first is decided once for a file."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from enum import StrEnum

from django.core.exceptions import ValidationError

from handoff.imports.date_words import is_weekday, month_of, zone_of
from handoff.imports.table import Unreadable
from leads.normalise import quoted


class Order(StrEnum):
    """How a date of three numbers names day, month and year. One with four digits in front is always YMD."""

    DMY = "DMY"
    MDY = "MDY"
    YMD = "YMD"


_ZONE = r"""
    (?: \s* (?P<zone> z | (?:utc|gmt)?\s?[+-]\d{1,2}(?::?\d\d)? | [a-z]{2,5} | [a-z]+(?:/[a-z_+-]+)+ )
        (?: \s* \([^()]*\) | \s+[a-z]{3,4} )? )?
"""
"""“Z”, “+0100”, “GMT+0100 (Central European Standard Time)”, “+0000 UTC”, “CET”, “Europe/Berlin”."""
_TIME = r"""
    (?P<hour>\d{1,2}) [:.h] (?P<minute>\d\d) (?: [:.] (?P<second>\d\d) (?: [.,](?P<fraction>\d{1,9}) )? )?
        (?: \s* (?P<half>[ap])\.?m\.? (?![a-z]) )? (?: \s* (?:uhr|hrs?|h) (?![a-z]) )?
"""
_CLOCK = rf"(?: (?: [T,\s]\s* | ,?\s+(?:at|um|à|a\s+las|às|om|kl\.?)\s+ ) {_TIME} {_ZONE} )?"
_WORD = r"[^\W\d_]{1,16}"
_MONTH = rf"(?P<month>{_WORD})\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|°|\.)?"
_WEEKDAY = rf"(?: (?P<weekday>{_WORD}(?:-feira)?)\.?,?\s+ )?"
_YEAR = r"(?P<year>\d{4}|\d\d)"
_OF = r"(?: (?:de|del|of)\s+ )?"
_FLAGS = re.VERBOSE | re.IGNORECASE
_NUMBERS = re.compile(
    rf"(?P<a>\d{{1,4}})(?P<mark>[-./])(?P<b>\d{{1,2}})(?P=mark)(?P<c>\d{{4}}|\d\d|\d){_CLOCK}", _FLAGS
)
_COMPACT = re.compile(
    rf"""(?P<year>(?:19|20|21)\d\d)(?P<number>\d\d)(?P<day>\d\d)
    (?: [T\s]? (?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?(?:[.,](?P<fraction>\d{{1,9}}))? (?P<half>)?
        {_ZONE} )?""",
    _FLAGS,
)
_WITH_WORDS = (
    re.compile(rf"{_WEEKDAY}{_DAY}[\s./-]*{_OF}{_MONTH}[\s,./-]*{_OF}{_YEAR}{_CLOCK}", _FLAGS),
    re.compile(rf"{_WEEKDAY}{_MONTH}[\s-]*{_DAY}[\s,-]+{_YEAR}{_CLOCK}", _FLAGS),
    re.compile(rf"(?P<weekday>(?!))?(?P<year>\d{{4}})[\s./-]+{_MONTH}[\s./-]+{_DAY}{_CLOCK}", _FLAGS),
    # As C and Java write it: Fri Feb 13 09:00:00 CET 2026
    re.compile(rf"{_WEEKDAY}{_MONTH}\s+{_DAY}\s+{_TIME}{_ZONE}\s+(?P<year>\d{{4}})", _FLAGS),
)
_EPOCH = re.compile(r"(?P<seconds>\d{10})(?P<rest>\d{3}|\d{6})?(?:\.(?P<fraction>\d{1,9}))?")
_SERIAL = re.compile(r"(?P<days>[2-7]\d{4})(?:[.,](?P<fraction>\d{1,12}))?")
_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's day has no zone
_ISO = re.compile(
    r"\d{4}-\d\d-\d\d (?: [T\ ] (?:[01]\d|2[0-3]):\d\d (?: :\d\d (?:\.\d{1,6})? )? (?: Z | [+-]\d\d:\d\d )? )?",
    re.VERBOSE | re.ASCII,
)
_TOO_NARROW = re.compile("#{3,}")
_CHINESE = str.maketrans({"年": "-", "月": "-", "日": " "})
_EXAMPLE = "write one like 2026-03-02 or 2026-03-02T09:00:00Z."


@dataclass(frozen=True)
class _Written:
    """A moment as it is written: without a clock it has a time that does not exist."""

    day: date
    clock: time | None
    zone: str = ""


def decide_order(texts: Iterable[tuple[int, str]]) -> Order:
    """The one order in which all dates of a file, given with the numbers of their rows, can be read.

    A text that is a date in no order has no say: its row is refused by itself. Raises Unreadable when the dates
    contradict each other, or can be read in several ways.
    """
    orders = PossibleOrders()
    for number, text in texts:
        orders.add(number, text)
    return orders.decide()


class PossibleOrders:
    """In which orders the dates of a file can be read, gathered while its rows are."""

    def __init__(self) -> None:
        self._seen: dict[frozenset[Order], tuple[int, str]] = {}
        self._open: dict[str, int] = {}

    def add(self, number: int, text: str) -> None:
        readings = _readings(text)
        if readings:
            self._seen.setdefault(frozenset(readings), (number, text))
            if len(set(readings.values())) > 1:
                self._open.setdefault(text, number)

    def decide(self) -> Order:
        left = frozenset(Order).intersection(*self._seen)
        if not left:
            examples = " and ".join(f"“{text}” (row {number})" for number, text in self._seen.values())
            raise Unreadable(f"The dates contradict each other: {examples}. State how to read them: {_HOW}.")
        for text, number in self._open.items():
            readings = _readings(text)
            meanings = {order: readings[order] for order in Order if order in left}
            if len(set(meanings.values())) > 1:
                choices = ", or ".join(f"{day:%-d %B %Y} ({order})" for order, day in meanings.items())
                raise Unreadable(f"“{text}” (row {number}) may be {choices}. State which: {_HOW}.")
        return next(order for order in Order if order in left)


_HOW = "--dates DMY, --dates MDY or --dates YMD"


def read_moment(text: str, order: Order, zone: tzinfo) -> datetime:
    """The moment that a text says, in UTC. One without a zone is in `zone`; a date alone is its first moment."""
    if _ISO.fullmatch(text) and (plain := _iso(text, zone)):
        return plain
    written = _read(text, order)
    if written.clock is None:
        raise ValidationError(f"{quoted(text)} does not have a valid time of day.")
    try:
        moment = datetime.combine(written.day, written.clock, tzinfo=_zone(written.zone, text) or zone)
        return moment.astimezone(UTC)
    except (OverflowError, ValueError) as error:
        raise ValidationError(f"{quoted(text)} is not a valid date.") from error


def _iso(text: str, zone: tzinfo) -> datetime | None:
    """What most programs write, read by Python itself, which is many times faster; None for what it cannot read."""
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def read_day(text: str, order: Order) -> date:
    """The date that a text says; a time of day after it is passed over."""
    return _read(text, order).day


def doubt_of(text: str, day: date) -> str:
    """What to tell of a text that says its day only by a convention; empty for one that says it plainly."""
    if _SERIAL.fullmatch(text):
        return f"“{text}” was read as {day:%-d %B %Y}, which is how spreadsheets number that day."
    return ""


def _read(text: str, order: Order) -> _Written:
    text = text.translate(_CHINESE).strip() if "年" in text else text
    if match := _NUMBERS.fullmatch(text):
        return _read_numbers(text, match, order)
    written = _read_words(text) or _read_digits(text)
    if written is None and _TOO_NARROW.fullmatch(text):
        raise ValidationError(
            f"{quoted(text)} is what a spreadsheet shows in a column that is too narrow: widen it and export again."
        )
    if written is None:
        raise ValidationError(f"{quoted(text)} is not a valid date: {_EXAMPLE}")
    return written


def _read_numbers(text: str, match: re.Match[str], order: Order) -> _Written:
    order = Order.YMD if len(match["a"]) == 4 else order
    day = _by_order(match, order)
    if day is None:
        raise ValidationError(f"{quoted(text)} is not a valid date when read as {order}.")
    return _Written(day, _clock(match), match["zone"] or "")


def _read_words(text: str) -> _Written | None:
    for pattern in _WITH_WORDS:
        match = pattern.fullmatch(text)
        month = month_of(match["month"]) if match else None
        if match and month and (not match["weekday"] or is_weekday(match["weekday"])):
            day = _date(_full_year(match["year"]), month, int(match["day"]))
            if day:
                return _Written(day, _clock(match), match["zone"] or "")
    return None


def _read_digits(text: str) -> _Written | None:
    """As programs count: 20260213, the seconds since 1970, and the days since 1900 of spreadsheets."""
    if match := _COMPACT.fullmatch(text):
        day = _date(int(match["year"]), int(match["number"]), int(match["day"]))
        return _Written(day, _clock(match), match["zone"] or "") if day else None
    if match := _EPOCH.fullmatch(text):
        fraction = ((match["rest"] or "") + (match["fraction"] or ""))[:6].ljust(6, "0")
        moment = datetime.fromtimestamp(int(match["seconds"]), UTC)
        return _Written(moment.date(), moment.time().replace(microsecond=int(fraction)), "utc")
    if match := _SERIAL.fullmatch(text):
        seconds = round(float(f"0.{match['fraction'] or 0}") * 86_400)
        moment = _DAY_ZERO + timedelta(days=int(match["days"]), seconds=seconds)
        return _Written(moment.date(), moment.time())
    return None


def _readings(text: str) -> dict[Order, date]:
    """What a date of three numbers means in each order in which it is one. One with the year in front has no say."""
    match = None if text[:4].isdecimal() else _NUMBERS.fullmatch(text)
    if match is None:
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


def _zone(name: str, text: str) -> tzinfo | None:
    """The zone that a moment names; None where it names none."""
    if not name:
        return None
    if offset := re.fullmatch(r"(?:utc|gmt)?\s?([+-])(\d{1,2}):?(\d\d)?", name, re.IGNORECASE):
        away = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        zone: tzinfo | None = timezone(-away if offset[1] == "-" else away) if away < timedelta(hours=24) else None
    else:
        zone = zone_of(name)
    if zone is None:
        raise ValidationError(
            f"{quoted(text)} names “{name}”, which is not a time zone: write the offset, like +01:00."
        )
    return zone
