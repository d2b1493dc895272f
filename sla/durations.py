"""Lengths of time as people type and read them: one grammar and one set of rules for every door."""

import re
from datetime import timedelta
from decimal import Decimal

MINUTE, HOUR, DAY = 60, 3600, 86_400
LONGEST = 3650 * DAY  # beyond ten years a deadline may be later than a date can be
LONGEST_TEXT = 80  # read no more than this: a number of thousands of digits takes long, and Python refuses it
FORMS = "4 h, 45 min, 1 h 30 min or 2 days"

_NUMBER = r"([0-9]+(?:\.[0-9]+)?)\s*"
_AND = r"\s*(?:,|and\b)?\s*"
_DURATION = re.compile(
    rf"(?:{_NUMBER}(?:d|days?)(?![a-z]){_AND})?"
    rf"(?:{_NUMBER}(?:h|hrs?|hours?)(?![a-z]){_AND})?"
    rf"(?:{_NUMBER}(?:m|mins?|minutes?)(?![a-z]){_AND})?"
    rf"(?:{_NUMBER}(?:s|secs?|seconds?))?"
)
_HOURS_AND_MINUTES = re.compile(r"([0-9]+)\s*h\s*([0-5]?[0-9])")  # 1h30
_MINUTES = re.compile(_NUMBER.removesuffix(r"\s*"))  # 90
_IN_SECONDS = (DAY, HOUR, MINUTE, 1)


class InvalidDuration(ValueError):
    """What was typed is not a length of time, or not one that can be used; the message says what to type."""


def parse(text: str, *, least: int = 0) -> int:
    """Read `4 h 30 min`, `4h30m`, `1h30`, `1.5 hours`, `2 days` or `90`, which are minutes, as whole seconds.

    A day is 24 hours. Part of a second is dropped.
    """
    typed = " ".join(text.lower().split())
    numbers = _numbers(typed) if len(typed) <= LONGEST_TEXT else None
    if numbers is None:
        raise InvalidDuration(f"“{_quoted(text)}” is not a valid length of time: write one like {FORMS}.")
    seconds = sum(Decimal(number or 0) * unit for number, unit in zip(numbers, _IN_SECONDS, strict=True))
    if seconds > LONGEST:
        raise InvalidDuration(f"“{_quoted(text)}” is too long: give at most {LONGEST // DAY:,} days.")
    if seconds < least:
        raise InvalidDuration(f"“{_quoted(text)}” is too short: give at least {in_words(least)}.")
    return int(seconds)


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


def _numbers(typed: str) -> tuple[str | None, ...] | None:
    """The days, hours, minutes and seconds; None if the text is not a length of time."""
    if _MINUTES.fullmatch(typed):
        return None, None, typed, None
    if match := _HOURS_AND_MINUTES.fullmatch(typed):
        return None, match[1], match[2], None
    match = _DURATION.fullmatch(typed)
    return match.groups() if match and any(match.groups()) else None


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
