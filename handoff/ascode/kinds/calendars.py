"""Calendars: the hours of a week, special days, and whose public holidays."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from handoff.agreement.sla_table import write_calendar
from handoff.agreement.sla_terms import terms_of
from handoff.ascode.document import Entry
from handoff.ascode.kind import Shape, Value, fill, refuse
from handoff.ascode.kinds.sla import Row, SlaKind, begun, terms_in
from handoff.console.settings.calendars import CalendarForm
from handoff.console.settings.hours import END_OF_DAY, MIDNIGHT
from handoff.models import Subject
from handoff.models.sla_table import Terms
from leads.models import User
from sla.business_time import WEEKDAYS
from sla.models import Calendar

CLOSED = "closed"
_BETWEEN = re.compile(r"\s*-\s*")
_NAMES = {
    "zone": "time_zone", "weekly": "week", "overrides": "special_days", "holiday_country": "holidays_of",
    "holiday_subdivision": "holidays_of",
}  # fmt: skip


class Calendars(SlaKind):
    model, about = Calendar, Subject.CALENDAR
    section, noun, identity = "calendars", "calendar", ("key",)
    values = (
        Value("key"),
        Value("name"),
        Value("time_zone"),
        Value("week", Shape.TABLE, default={}),
        Value("special_days", Shape.TABLE, default={}),
        Value("holidays_of"),
    )

    def read(self, row: Row) -> dict[str, Any]:
        terms = terms_in(row)
        special, names = terms["overrides"], terms["special_names"]
        return {
            "key": terms["key"],
            "name": terms["name"],
            "time_zone": terms["zone"],
            "week": {day: _hours(terms["weekly"][day]) for day in WEEKDAYS if terms["weekly"].get(day)},
            "special_days": {day: _day(special[day], names.get(day, "")) for day in sorted(special)},
            "holidays_of": "-".join(filter(None, (terms["holiday_country"], terms["holiday_subdivision"]))),
        }

    def write(self, row: Row | None, wanted: Entry, by: User) -> Row:  # noqa: ARG002
        form = _filled(row, wanted)
        if row is not None and terms_of(form.instance) == terms_in(row):
            return row  # spelled otherwise
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        calendar = Calendar.objects.get(pk=form.instance.pk) if form.instance.pk else form.instance
        return self.written(write_calendar(calendar, changes, announced=False), calendar.key)

    def wanted_terms(self, row: Row | None, wanted: Entry) -> Terms:
        return terms_of(_filled(row, wanted).instance)

    def note_in_force(self, row: Any, is_new: bool) -> str:
        if is_new:
            return ""
        number = row.policies.filter(retired_at=None).count()
        policies = f", and with it a version of {number} policies that count by it" if number else ""
        return f"Version {row.version}{policies}; running clocks keep theirs."


def _filled(row: Row | None, wanted: Entry) -> Any:
    country, _, part = wanted["holidays_of"].partition("-")
    data = {"name": wanted["name"], "key": wanted["key"], "zone": wanted["time_zone"]}
    data |= {"holiday_country": country, "holiday_subdivision": part, **_week(wanted), **_special_days(wanted)}
    return fill(CalendarForm, begun(Calendar, row), data, wanted, _NAMES, fixed=["key"])


def _hours(intervals: Iterable[list[str]]) -> str:
    return ", ".join(f"{opens}-{closes}" for opens, closes in intervals) or CLOSED


def _day(intervals: list[list[str]], name: str) -> str:
    return f"{_hours(intervals)} ({name})" if name else _hours(intervals)


def _week(wanted: Entry) -> dict[str, Any]:
    """The rows of the week, as the page sends them."""
    rows = []
    for day, hours in wanted["week"].items():
        if day not in WEEKDAYS:
            raise refuse(wanted, "week", f"week: “{day}” is not a day: use {', '.join(WEEKDAYS)}.")
        rows += [(day, *ends) for ends in _intervals(wanted, "week", day, hours)]
    return _rows("weekly", ("day", "opens", "closes"), rows)


def _special_days(wanted: Entry) -> dict[str, Any]:
    rows = []
    for day, text in wanted["special_days"].items():
        hours, _, name = str(text).partition("(")
        called = name.strip().removesuffix(")")
        rows += [(day, *ends, called) for ends in _intervals(wanted, "special_days", day, hours) or [("", "")]]
    return _rows("overrides", ("date", "opens", "closes", "called"), rows)


def _intervals(wanted: Entry, name: str, day: str, hours: Any) -> list[tuple[str, str]]:
    text = hours.strip() if isinstance(hours, str) else ""
    if text == CLOSED:
        return []
    pairs = [_BETWEEN.split(part.strip()) for part in text.split(",")]
    if any(len(pair) != 2 or not all(pair) for pair in pairs):
        table = wanted[name]
        line = table if isinstance(table, Entry) else wanted
        example = f"write it like 09:00-12:30, 13:30-18:00, or {CLOSED}."
        raise refuse(line, day, f"{name}: the hours of {day} are not valid: {example}")
    return [(opens, MIDNIGHT if closes == END_OF_DAY else closes) for opens, closes in pairs]


def _rows(field: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> dict[str, Any]:
    sent = {f"{field}_{column}": [row[place] for row in rows] for place, column in enumerate(columns)}
    return {f"{field}_rows": "1", **sent}
