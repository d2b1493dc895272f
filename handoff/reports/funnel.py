"""How many leads reached which stage, and what was won with them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from django.db import connection

from handoff.reports.counting import Counted
from handoff.reports.kinds import Kind
from handoff.reports.report import Asked, Chart, Column, Report
from handoff.reports.rows import OF_A_LEAD, OF_TIME, Rows, label_of, rows_by, spelled, values_of
from handoff.reports.rows_form import RowsForm
from leads.sql import load


class _Days(NamedTuple):
    """A part of the period that is not a whole month; empty unless both bounds are there and in order."""

    start: datetime | None
    end: datetime | None


class By(StrEnum):
    """What the rows of the funnel are."""

    SOURCE = "source"
    CAMPAIGN = "campaign"
    MONTH = "month"


WITHOUT = {By.SOURCE: "(no source)", By.CAMPAIGN: "(no campaign)"}
"""What a person reads where the key is empty."""


@dataclass(frozen=True)
class FunnelRow:
    """One row. `key` is empty for leads without a source or campaign; a month is like 2026-03, in the firm's zone."""

    key: str
    label: str
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
        return [_row(WITHOUT.get(by, ""), *row) for row in cursor.fetchall()]


def funnel_by_lead(by: str, start: datetime | None = None, end: datetime | None = None) -> list[FunnelRow]:
    """The same by other rows, or by an attribute. It reads the leads of the period themselves: about a second for each
    hundred thousand of them."""
    rows = rows_by(by, ROWS)
    _comment, select = load("handoff.reports", "funnel_by_lead.sql").split("WITH counted", 1)
    for part, text in (("<key>", rows.key), ("<name>", rows.name), ("<joins>", rows.joins)):
        select = select.replace(part, text)
    bounds = {"start": start or "-infinity", "end": end or "infinity", "in_order": rows.in_order}
    with connection.cursor() as cursor:
        cursor.execute(f"WITH counted{select}", {**bounds, **values_of(by)})
        return [_row_of_lead(by, rows, *row) for row in cursor.fetchall()]


def _row_of_lead(by: str, rows: Rows, key: str, name: str | None, *values: Any) -> FunnelRow:
    return replace(_row("", spelled(by, key), *values), label=label_of(by, rows, key, name))


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


def _row(without: str, key: str, *values: Any) -> FunnelRow:
    *counts, amounts = values
    figures: list[Any] = [*counts, json.loads(amounts or "{}")]
    return FunnelRow(key, key or without, *figures)


ROWS: Mapping[str, Rows] = {**OF_A_LEAD, **OF_TIME}
LEADS = Counted(
    items="funnel_items.sql",
    rows=ROWS,
    counts={"leads": "true", **{stage: stage for stage in ("mql", "sal", "sql", "opportunity", "won")}},
)


class FunnelForm(RowsForm):
    offers = ROWS
    of_what = "Leads captured"


def _answer(asked: Asked, now: datetime) -> list[FunnelRow]:  # noqa: ARG001 what was reached does not depend on now
    if asked["by"] in list(By):
        return funnel(By(asked["by"]), asked["from"], asked["to"])
    return funnel_by_lead(asked["by"], asked["from"], asked["to"])


REPORT = Report(
    name="funnel",
    title="Funnel",
    summary="How many leads reached which stage, and what was won with them.",
    form=FunnelForm,
    asked_first={"by": By.SOURCE.value},
    columns=[
        Column("leads", "Leads", "Leads captured in the period."),
        Column("mql", "MQL", "Those that were ever offered to sales."),
        Column("sal", "SAL", "Those that sales ever accepted."),
        Column("sql", "SQL", "Those that were ever qualified."),
        Column("opportunity", "Opportunity", "Those that became an opportunity."),
        Column("won", "Won", "Those with a deal that is won. A lead with several counts once."),
        Column("won_amount", "Won amount", "By currency; of all won deals whose amounts are known.", Kind.AMOUNTS),
    ],
    rows=_answer,
    explanation=(
        "A lead counts once for every stage that it ever reached, and in the period in which it was captured. A lead "
        "that was merged counts as the one that stayed. By an attribute with several choices, "
        "a lead counts in the row of each of its choices."
    ),
    nothing=("No lead to count", "No lead was captured in this period."),
    icon="filter_alt",
    chart=Chart(["leads", "mql", "sal", "sql", "opportunity", "won"], most=12),
    behind=LEADS.behind,
    opens=LEADS.counts,
)
