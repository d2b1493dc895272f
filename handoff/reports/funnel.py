"""How many leads reached which stage, and what was won with them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db import connection
from django.utils import timezone

from handoff.reports import conversion
from handoff.reports.counting import Amounts, Counted, CountedRow
from handoff.reports.kinds import Kind
from handoff.reports.report import Asked, Chart, Column, Report
from handoff.reports.rows import OF_A_LEAD, OF_TIME, Rows
from leads.sql import load


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
    """The sum by currency, as text like “1200.00”, of the amounts that are known; currencies are never added up unless
    one is asked for, in which all are converted."""


def funnel(by: str, start: datetime | None = None, end: datetime | None = None, convert: str = "") -> list[FunnelRow]:
    """The funnel of the leads that were captured in the period [start, end): a missing bound leaves that side open.

    A lead counts for a stage when it ever reached it, whenever that was, as its history says. A lead that was merged
    into another counts as that one. Campaigns of one name are one row. The fullest row comes first; months in order.
    """
    if by in list(By) and start is None and end is None and not convert:
        return _of_all(By(by))
    return _rows(FUNNEL.answer({"by": by, "from": start, "to": end, "convert": convert}, timezone.now()))


def _of_all(by: By) -> list[FunnelRow]:
    """By what the figures of all leads are kept ready: they are there at once, before anybody has asked for them."""
    with connection.cursor() as cursor:
        cursor.execute(load("handoff.reports", "funnel.sql"), {"by": by.value})
        return [_row(WITHOUT.get(by, ""), *row) for row in cursor.fetchall()]


def _rows(counted: Iterable[CountedRow]) -> list[FunnelRow]:
    """Those with leads: a row with an amount alone is left out."""
    return [_row_of(row) for row in counted if row.leads]


def _row_of(row: CountedRow) -> FunnelRow:
    figures: list[Any] = [*(row.figures[name] for name in FUNNEL.counts), _money(row.amounts)]
    return FunnelRow(row.key, row.label, *figures)


def _money(amounts: Mapping[str, Decimal]) -> Mapping[str, str]:
    return {currency: str(amount) for currency, amount in amounts.items()}


def _row(without: str, key: str, *values: Any) -> FunnelRow:
    *counts, amounts = values
    figures: list[Any] = [*counts, json.loads(amounts or "{}")]
    return FunnelRow(key, key or without, *figures)


ROWS: Mapping[str, Rows] = {**OF_A_LEAD, **OF_TIME}
STAGES = ("mql", "sal", "sql", "opportunity", "won")
LEADS = Counted(
    items="funnel_items.sql",
    rows=ROWS,
    counts={"leads": "true", **{stage: stage for stage in STAGES}},
)


FUNNEL = Counted(
    items="funnel_amount_items.sql",
    rows=ROWS,
    counts={"leads": "item.leads = 1", **{stage: f"item.{stage} = 1" for stage in STAGES}},
    sums={"amounts": Amounts("currency", "amount", "priced > 0")},
    values=conversion.values_of,
    fullest="leads",
)


class FunnelForm(conversion.MoneyForm):
    offers = ROWS
    of_what = "Leads captured"


def _answer(asked: Asked, now: datetime) -> list[FunnelRow]:  # noqa: ARG001 what was reached does not depend on now
    return funnel(asked["by"], asked["from"], asked["to"], asked["convert"])


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
