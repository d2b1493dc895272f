"""How many leads reached which stage, and what was won with them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from django.db import connection

from leads.sql import load


class _Days(NamedTuple):
    """A part of the period that is no whole month; empty unless both bounds are there and in order."""

    start: datetime | None
    end: datetime | None


class By(StrEnum):
    """What the rows of the funnel are."""

    SOURCE = "source"
    CAMPAIGN = "campaign"
    MONTH = "month"


@dataclass(frozen=True)
class FunnelRow:
    """One row. `key` is empty for leads without a source or campaign; a month is like 2026-03, in UTC."""

    key: str
    leads: int
    mql: int
    sal: int
    sql: int
    opportunity: int
    won: int
    won_amount: Mapping[str, str]
    """The sum by currency, as text like “1200.00”, of the amounts that are known; currencies are never added up."""


def funnel(by: By, start: datetime | None = None, end: datetime | None = None) -> list[FunnelRow]:
    """The funnel of the leads that were captured in the period [start, end): a missing bound leaves that side open.

    A lead counts for a stage when it ever reached it, whenever that was, as its history says. A lead that was merged
    into another counts as that one. Campaigns of one name are one row. The fullest row comes first; months in order.
    """
    with connection.cursor() as cursor:
        cursor.execute(load("handoff.reports", "funnel.sql"), {"by": by.value, **_bounds(start, end)})
        return [_row(*row) for row in cursor.fetchall()]


def _bounds(start: datetime | None, end: datetime | None) -> dict[str, datetime | date | str]:
    """The first of the months that lie whole in a period, the end of the last, and what is left before and after."""
    first = _month_from(start) if start else None
    last = _month_of(end) if end else None
    before, after = _Days(start, first), _Days(last, end)
    if start and end and first and last and first >= last:
        before, after, last = _Days(start, end), _Days(None, None), first
    return {
        "first": first.date() if first else "-infinity",
        "last": last.date() if last else "infinity",
        "start_before": before.start or "infinity",
        "end_before": before.end or "-infinity",
        "start_after": after.start or "infinity",
        "end_after": after.end or "-infinity",
    }


def _month_of(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _month_from(at: datetime) -> datetime:
    """The month that begins then, else the next one."""
    month = _month_of(at)
    return month if month == at else _month_of(month + timedelta(days=31))


def _row(*values: Any) -> FunnelRow:
    key, leads, mql, sal, sql, opportunity, won, amounts = values
    return FunnelRow(key, leads, mql, sal, sql, opportunity, won, json.loads(amounts or "{}"))
