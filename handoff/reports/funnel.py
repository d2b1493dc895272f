"""How many leads reached which stage, and what was won with them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import connection

Period = tuple[datetime, datetime]


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


# The months that lie whole in the period come from the figures that are kept ready; the days before and after them,
# where the period cuts a month, from the leads themselves.
_FUNNEL = """
WITH counted AS (
    SELECT month, campaign_id, source, currency, leads, mql, sal, sql, opportunity, won, priced, amount
    FROM handoff_funnelcount WHERE month >= %(first)s AND month < %(last)s
    UNION ALL
    SELECT month, campaign_id, source, currency, leads, mql, sal, sql, opportunity, won, priced, amount
    FROM handoff_funneldelta WHERE month >= %(first)s AND month < %(last)s
    {days}
), summed AS (
    SELECT {key} AS key, counted.currency, sum(leads) AS leads, sum(mql) AS mql, sum(sal) AS sal, sum(sql) AS sql,
        sum(opportunity) AS opportunity, sum(won) AS won, sum(priced) AS priced, sum(amount) AS amount
    FROM counted LEFT JOIN leads_campaign campaign ON campaign.id = counted.campaign_id
    GROUP BY 1, 2
)
SELECT key, sum(leads)::bigint, sum(mql)::bigint, sum(sal)::bigint, sum(sql)::bigint, sum(opportunity)::bigint,
    sum(won)::bigint, json_object_agg(currency, amount::text ORDER BY currency) FILTER (WHERE priced > 0)::text
FROM summed
GROUP BY key
HAVING sum(leads) > 0
ORDER BY {order}
"""
_DAYS = """
    UNION ALL
    SELECT month, campaign_id, source, currency, leads, mql, sal, sql, opportunity, won, priced, amount
    FROM handoff_funnelshare WHERE counts AND created_at >= %(since{number})s AND created_at < %(until{number})s
"""
_KEYS = {
    By.SOURCE: "counted.source",
    By.CAMPAIGN: "COALESCE(campaign.name, '')",
    By.MONTH: "to_char(counted.month, 'YYYY-MM')",
}


def funnel(by: By, start: datetime | None = None, end: datetime | None = None) -> list[FunnelRow]:
    """The funnel of the leads that were captured in the period [start, end): a missing bound leaves that side open.

    A lead counts for a stage when it ever reached it, whenever that was, as its history says. A lead that was merged
    into another counts as that one. Campaigns of one name are one row. The fullest row comes first; months in order.
    """
    first, last, days = _split(start, end)
    values: dict[str, Any] = {
        "first": first.date() if first else "-infinity",
        "last": last.date() if last else "infinity",
    }
    for number, bounds in enumerate(days):
        values |= {f"since{number}": bounds[0], f"until{number}": bounds[1]}
    statement = _FUNNEL.format(
        key=_KEYS[by],
        order="key" if by == By.MONTH else "sum(leads) DESC, key",
        days="".join(_DAYS.format(number=number) for number in range(len(days))),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [_row(*row) for row in cursor.fetchall()]


def _split(start: datetime | None, end: datetime | None) -> tuple[datetime | None, datetime | None, list[Period]]:
    """The first of the months that lie whole in a period, the end of the last, and what is left before and after."""
    first = _month_from(start) if start else None
    last = _month_of(end) if end else None
    if start and end and first and last and first >= last:
        return first, first, [(start, end)]
    before = [(start, first)] if start and first and start < first else []
    after = [(last, end)] if last and end and last < end else []
    return first, last, before + after


def _month_of(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _month_from(at: datetime) -> datetime:
    """The month that begins then, else the next one."""
    month = _month_of(at)
    return month if month == at else _month_of(month + timedelta(days=31))


def _row(*values: Any) -> FunnelRow:
    key, leads, mql, sal, sql, opportunity, won, amounts = values
    return FunnelRow(key, leads, mql, sal, sql, opportunity, won, json.loads(amounts or "{}"))
