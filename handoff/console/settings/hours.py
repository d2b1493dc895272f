"""The hours of a calendar as people fill them in: a grid for the week, and a row for each special day."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, ClassVar

from django.core.exceptions import ValidationError

from handoff.console.frame.rows import Row, RowsField, RowsInput, Written
from sla.business_time import WEEKDAYS

DAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
_TIME = re.compile(r"([01]?[0-9]|2[0-4])(?::?([0-5][0-9]))?")
MIDNIGHT, END_OF_DAY = "00:00", "24:00"
Intervals = list[list[str]]


class WeekInput(RowsInput):
    columns: ClassVar[Sequence[str]] = ("day", "opens", "closes")
    template = "handoff/console/settings/week.html"

    def context(self, rows: Sequence[Row]) -> dict[str, Any]:
        week = [(day, label, [row[1:] for row in rows if row[0] == day]) for day, label in DAYS.items()]
        return {"week": week}


class WeekField(RowsField):
    """Intervals for each day of the week."""

    widget: Any = WeekInput

    def rows_of(self, value: Any) -> list[Row] | None:
        if not isinstance(value, dict) or not set(value) <= set(WEEKDAYS):
            return None
        return [(day, *_shown(interval)) for day in WEEKDAYS for interval in value.get(day, [])]

    def from_rows(self, rows: Iterable[Row]) -> Any:
        week: dict[str, Intervals] = {day: [] for day in WEEKDAYS}
        for day, opens, closes in rows:
            if day not in week:
                raise ValidationError("Choose a day of the week.")
            if opens.strip() or closes.strip():
                week[day].append(_interval(DAYS[day], opens, closes))
        return {day: sorted(intervals) for day, intervals in week.items() if intervals}


class SpecialDaysInput(RowsInput):
    columns: ClassVar[Sequence[str]] = ("date", "opens", "closes", "called")
    template = "handoff/console/settings/special_days.html"


class SpecialDaysField(RowsField):
    """Days with hours of their own. What they are called is kept beside the hours, so the form gives it in."""

    widget: Any = SpecialDaysInput
    names: dict[str, str] = {}

    def rows_of(self, value: Any) -> list[Row] | None:
        rows: list[Row] = []
        for day in sorted(value or {}):
            date.fromisoformat(day)
            intervals = [_shown(interval) for interval in value[day]] or [("", "")]
            rows += [(day, *interval, self.names.get(day, "")) for interval in intervals]
        return rows

    def from_rows(self, rows: Iterable[Row]) -> Any:
        days: dict[str, Intervals] = {}
        closed = set()
        for day, opens, closes, called in rows:
            if not any(text.strip() for text in (day, opens, closes, called)):
                continue
            key = _day(day)
            if opens.strip() or closes.strip():
                days.setdefault(key, []).append(_interval(key, opens, closes))
            else:
                closed.add(key)
        if both := sorted(closed & set(days)):
            raise ValidationError(f"{both[0]} is closed in one row and open in another: keep one of them.")
        return {day: sorted(days.get(day, [])) for day in sorted({*days, *closed})}

    def names_in(self, written: Any, days: Iterable[str]) -> dict[str, str]:
        """What the special days are called by the rows; by JSON alone they keep their names."""
        if not isinstance(written, Written) or written.is_json_changed:
            called = self.names
        else:
            called = {day.strip(): name.strip()[:200] for day, _, _, name in written.rows or [] if name.strip()}
        return {day: called[day] for day in days if called.get(day)}


def _shown(interval: Any) -> tuple[str, str]:
    """An interval as the browser's inputs hold it: they end a day at 00:00."""
    opens, closes = interval
    if not _is_exact(opens) or not _is_exact(closes) or opens == END_OF_DAY:
        raise ValueError(interval)
    return opens, MIDNIGHT if closes == END_OF_DAY else closes


def _is_exact(text: str) -> bool:
    return len(text) == 5 and _TIME.fullmatch(text) is not None


def _interval(day: str, opens: str, closes: str) -> list[str]:
    if not (opens.strip() and closes.strip()):
        raise ValidationError(f"{day}: give both times, or neither.")
    start, end = _time(day, opens), _time(day, closes)
    return [start, END_OF_DAY if end == MIDNIGHT else end]


def _time(day: str, text: str) -> str:
    match = _TIME.fullmatch(text.strip())
    if not match or (match[1] == "24" and match[2] not in (None, "00")):
        raise ValidationError(f"{day}: “{text[:20]}” is not a valid time: write one like 09:00.")
    return f"{int(match[1]):02}:{match[2] or '00'}"


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise ValidationError(f"“{text[:20]}” is not a valid date: write one like 2026-12-24.") from None
