"""What time alone does to the answers of conditions: a date comes, a touchpoint leaves its window."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from leads.conditions.building import Condition, actual_of, check_of
from leads.conditions.checks import CLOCK_SKEW, Check, DayFromToday, MomentFromNow, zone
from leads.conditions.fields import field_of
from leads.conditions.windows import Counted, Happened, Points, Window

TICK = timedelta(microseconds=1)
AHEAD = timedelta(days=366)  # nothing that a buyer did is dated further ahead


def comes_with_time(condition: Condition) -> bool:
    """It may come true without any change of the lead."""
    check = check_of(field_of(condition["field"]), condition)
    if isinstance(check, Counted):
        return check.op == "at_most" and check.window.days is not None
    if isinstance(check, Happened):
        return check.is_negative and check.window.days is not None
    return isinstance(check, DayFromToday | MomentFromNow)


def next_change(conditions: Iterable[Condition], values: Mapping[str, Any], at: datetime) -> datetime | None:
    """The earliest moment after this one at which time alone may change an answer; None if it never does."""
    moments = (moment for each in conditions for moment in _moments(each, values, at))
    return min((moment for moment in moments if moment > at), default=None)


def _moments(condition: Condition, values: Mapping[str, Any], at: datetime) -> Iterator[datetime]:
    field = field_of(condition["field"])
    check: Check = check_of(field, condition)
    if isinstance(check, Counted | Happened):
        yield from _of_window(check.window, values[field.name], at)
        return
    actual = actual_of(field, values, at)
    if actual is None:
        return
    if isinstance(check, DayFromToday):
        yield from _of_day(check, actual)
    if isinstance(check, MomentFromNow):
        length = timedelta(days=check.days)
        yield from (actual - CLOCK_SKEW, actual - length, actual + TICK, actual + length + TICK)


def _of_window(window: Window, points: Points, at: datetime) -> Iterator[datetime]:
    if window.days is None:
        return
    length = timedelta(days=window.days)
    for point in points.between(at - length, at + AHEAD):
        yield from (point.at - CLOCK_SKEW, point.at + length + TICK)


def _of_day(check: DayFromToday, actual: str) -> Iterator[datetime]:
    day = date.fromisoformat(actual)
    for days in (-check.days, 0, 1, check.days + 1):
        yield datetime.combine(day + timedelta(days), time.min, zone())
