"""Lengths of time as people type and read them: one grammar and one set of rules for every door."""

import re
from datetime import timedelta
from decimal import Decimal

MINUTE, HOUR, DAY, WEEK = 60, 3600, 86_400, 604_800
LONGEST = 3650 * DAY  # beyond ten years a deadline may be later than a date can be
LONGEST_TEXT = 80  # read no more than this: a number of thousands of digits takes long, and Python refuses it
FORMS = "4 h, 45 min, 1 h 30 min or 2 days"
BUSINESS_FORMS = "4 h, 45 min, 1 h 30 min or 2 business days"

_NUMBER = r"([0-9]+(?:\.[0-9]+|,[0-9]{1,2}(?![0-9]))?)\s*"  # 1,5 is one and a half; 1,500 might be either
_AND = r"\s*(?:,|and\b|und\b)?\s*"
_UNITS = (
    (WEEK, "w|wks?|weeks?|wochen?"),
    (DAY, "d|days?|tage?n?"),
    (HOUR, "h|hrs?|hours?|std|stunden?"),
    (MINUTE, "m|mins?|minutes?|minuten?"),
    (1, "s|secs?|seconds?|sek|sekunden?"),
)
_DURATION = re.compile(_AND.join(rf"(?:{_NUMBER}(?:{words})\.?(?![a-z]))?" for _, words in _UNITS))
_HOURS_AND_MINUTES = re.compile(r"([0-9]+)\s*h\s*([0-5]?[0-9])")  # 1h30
_MINUTES = re.compile(_NUMBER.removesuffix(r"\s*"))  # 90
_BUSINESS_DAYS = re.compile(
    rf"{_NUMBER}(?:business days?|working days?|workdays?|bd|arbeitstage?n?|werktage?n?)(?:\s*\((?P<length>[^()]+)\))?"
)


class InvalidDuration(ValueError):
    """What was typed is not a length of time, or not one that can be used; the message says what to type."""


def parse(text: str, *, least: int = 0, business_day: int | None = None) -> int:
    """Read `4 h 30 min`, `4h30m`, `1h30`, `1.5 hours`, `2 days` or `90`, which are minutes, as whole seconds.

    A day is 24 hours, a week seven days. `3 business days` are as long as so many days of a calendar whose
    `business_day` is given, in seconds. Part of a second is dropped.
    """
    typed = " ".join(text.lower().split())
    forms = FORMS if business_day is None else BUSINESS_FORMS
    seconds = _seconds(typed, business_day) if len(typed) <= LONGEST_TEXT else None
    if seconds is None:
        raise InvalidDuration(f"“{_quoted(text)}” is not a valid length of time: write one like {forms}.")
    if seconds > LONGEST:
        raise InvalidDuration(f"“{_quoted(text)}” is too long: give at most {LONGEST // DAY:,} days.")
    if seconds < least:
        raise InvalidDuration(f"“{_quoted(text)}” is too short: give at least {in_words(least)}.")
    return int(seconds)


def in_business_days(seconds: int, business_day: int | None) -> str:
    """Exactly, like `3 business days (24 h)` where they are whole days of a calendar, and else like `20 h`.

    `parse` reads it back, and refuses it with another calendar, whose days are longer or shorter.
    """
    exact = in_words(seconds, exact=True)
    if not business_day or not seconds or seconds % business_day:
        return exact
    days = seconds // business_day
    return f"{days} business day{'s' * (days > 1)} ({exact})"


def in_words(length: timedelta | float, *, exact: bool = False, business: bool = False) -> str:
    """A length of time for people, never rounded up: the sign is dropped.

    Like `42 s`, `1 h 30 min`, `5 h`, `2 days 3 h` or `9 days`: minutes below four hours, hours below four days. One of
    business time is never in days, as a business day has no fixed length. An exact one says all of it, like
    `41 h 5 min 0.25 s`, and is never in days either, so that `parse` reads it back and a sum adds up.
    """
    length = abs(length if isinstance(length, timedelta) else timedelta(seconds=length))
    if exact:
        return _exactly(length)
    seconds = length // timedelta(seconds=1)
    if seconds < MINUTE:
        return f"{seconds} s"
    if seconds < 4 * HOUR:
        return _joined((seconds // HOUR, "h"), (seconds // MINUTE % 60, "min"))
    if business or seconds < 2 * DAY:
        return f"{seconds // HOUR} h"
    hours = seconds // HOUR % 24 if seconds < 4 * DAY else 0
    return _joined((seconds // DAY, "days"), (hours, "h"))


def _seconds(typed: str, business_day: int | None) -> Decimal | None:
    """None if the text is not a length of time."""
    if match := _BUSINESS_DAYS.fullmatch(typed):
        return _of_business_days(match, business_day)
    if _MINUTES.fullmatch(typed):
        return _number(typed) * MINUTE
    if match := _HOURS_AND_MINUTES.fullmatch(typed):
        return _number(match[1]) * HOUR + _number(match[2]) * MINUTE
    match = _DURATION.fullmatch(typed)
    if not match or not any(match.groups()):
        return None
    pairs = zip(match.groups(), _UNITS, strict=True)
    return sum((_number(number) * unit for number, (unit, _) in pairs if number), Decimal(0))


def _of_business_days(match: re.Match[str], business_day: int | None) -> Decimal:
    if business_day is None:
        raise InvalidDuration("Only a calendar says how long a business day is: write the length in hours here.")
    seconds = _number(match[1]) * business_day
    if match["length"] and seconds != _seconds(match["length"].strip(), None):
        is_now = in_words(min(int(seconds), LONGEST), exact=True)
        raise InvalidDuration(
            f"By this calendar “{match[0].split('(')[0].strip()}” are {is_now}: write either of them alone."
        )
    return seconds


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def _quoted(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"


def _exactly(length: timedelta) -> str:
    seconds = length // timedelta(seconds=1)
    rest = str(seconds % MINUTE)
    if length.microseconds:
        rest = f"{rest}.{length.microseconds:06}".rstrip("0")
    words = _joined((seconds // HOUR, "h"), (seconds // MINUTE % 60, "min"))
    if rest == "0":
        return words or "0 s"
    return f"{words} {rest} s".lstrip()


def _joined(*parts: tuple[int, str]) -> str:
    return " ".join(f"{number} {unit}" for number, unit in parts if number)
