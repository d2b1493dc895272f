"""Policies and calendars as plain values: what a draft of the SLA table holds, and what a signature covers."""

from collections.abc import Iterable, Mapping
from typing import Any

from handoff.agreement.ladders import LadderStep, ladder_of
from handoff.models import Destination
from handoff.models.sla_table import Terms
from handoff.refusals import FactsRefused
from sla.models import Calendar, Policy

POLICY = (
    "key", "name", "metric", "target_seconds", "conditions", "position", "whose_hours", "on_reassign", "floor_seconds",
    "pause_budget_seconds",
)  # fmt: skip
"""The columns that are values as they are; further ones are `calendar`, by its key, and `ladder`."""
CALENDAR = ("key", "name", "zone", "weekly", "overrides", "special_names", "holiday_country", "holiday_subdivision")


def terms_of(row: Policy | Calendar, ladder: Iterable[LadderStep] | None = None) -> Terms:
    """Those of a row; of a policy with another ladder, where one is given."""
    if isinstance(row, Calendar):
        return {name: getattr(row, name) for name in CALENDAR}
    steps = ladder_of(row) if ladder is None else ladder
    return as_terms({**{name: getattr(row, name) for name in POLICY}, "calendar": row.calendar}, steps)


def as_terms(values: Mapping[str, Any], ladder: Iterable[LadderStep] | None = None) -> Terms:
    """Some values of a row as plain ones, and the ladder if one is given."""
    calendar = values.get("calendar")
    terms = dict(values) | ({"calendar": calendar.key} if isinstance(calendar, Calendar) else {})
    return terms if ladder is None else terms | {"ladder": _steps(ladder)}


def columns_of(terms: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a policy that is to be written, without its steps."""
    columns = {name: value for name, value in terms.items() if name != "ladder"}
    if "calendar" in columns:
        columns["calendar"] = _calendar(columns["calendar"])
    return columns


def steps_of(terms: Mapping[str, Any]) -> list[LadderStep]:
    """Its steps, with their destinations."""
    ids = {pk for step in terms["ladder"] for pk in step["recipients"]}
    destinations = Destination.objects.in_bulk(ids)
    if len(destinations) < len(ids):
        raise FactsRefused(f"A destination on the ladder of {terms['name']} is there no more: choose another.")
    return [
        LadderStep(**{**step, "recipients": tuple(destinations[pk] for pk in step["recipients"])})
        for step in terms["ladder"]
    ]


def _steps(ladder: Iterable[LadderStep]) -> list[dict[str, Any]]:
    """In order. The breach is always among them, as it is when they are written."""
    steps = {(step.percent, step.after_seconds): step for step in (LadderStep(), *ladder)}
    return [
        {
            "percent": step.percent,
            "after_seconds": step.after_seconds,
            "does": step.does,
            "out_of_rotation_seconds": step.out_of_rotation_seconds,
            "pierces": step.pierces,
            "recipients": sorted({destination.pk for destination in step.recipients}),
        }
        for _, step in sorted(steps.items())
    ]


def _calendar(key: str) -> Calendar:
    calendar = Calendar.objects.filter(key=key, retired_at=None).first()
    if calendar is None:
        raise FactsRefused(f"The calendar “{key}” is not in force any more: choose another.")
    return calendar


def recipients_of(*listed: Terms | None) -> dict[int, str]:
    """The names of the destinations that their ladders notify."""
    ids = {pk for terms in listed if terms for step in terms.get("ladder", ()) for pk in step["recipients"]}
    return dict(Destination.objects.filter(pk__in=ids).values_list("pk", "name"))
