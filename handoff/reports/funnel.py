"""How many leads reached which stage, and what was won with them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import connection

from leads.models import DealState


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


# Each lead is reduced to one row of facts before anything is counted, so no join can count it twice.
_FUNNEL = """
WITH captured AS (
    SELECT lead.id, {key} AS key
    FROM leads_lead lead LEFT JOIN leads_campaign campaign ON campaign.id = lead.campaign_id
    WHERE lead.merged_into_id IS NULL
        AND (%(start)s::timestamptz IS NULL OR lead.created_at >= %(start)s)
        AND (%(end)s::timestamptz IS NULL OR lead.created_at < %(end)s)
), reached AS (
    SELECT move.lead_id,
        bool_or(move.to_state = 'mql') AS mql, bool_or(move.to_state = 'sal') AS sal,
        bool_or(move.to_state = 'sql') AS sql, bool_or(move.to_state = 'opportunity') AS opportunity
    FROM leads_transition move JOIN captured ON captured.id = move.lead_id
    GROUP BY move.lead_id
), judged AS (
    SELECT captured.key, reached.mql, reached.sal, reached.sql, reached.opportunity,
        deal.id IS NOT NULL AS won, deal.amount, deal.currency
    FROM captured
    LEFT JOIN reached ON reached.lead_id = captured.id
    LEFT JOIN leads_opportunity deal ON deal.lead_id = captured.id AND deal.state = %(won)s
), counted AS (
    SELECT key, currency, count(*) AS leads, count(*) FILTER (WHERE mql) AS mql, count(*) FILTER (WHERE sal) AS sal,
        count(*) FILTER (WHERE sql) AS sql, count(*) FILTER (WHERE opportunity) AS opportunity,
        count(*) FILTER (WHERE won) AS won, sum(amount) AS amount
    FROM judged
    GROUP BY key, currency
)
SELECT key, sum(leads)::bigint, sum(mql)::bigint, sum(sal)::bigint, sum(sql)::bigint, sum(opportunity)::bigint,
    sum(won)::bigint,
    json_object_agg(currency, amount::text ORDER BY currency) FILTER (WHERE amount IS NOT NULL)::text
FROM counted
GROUP BY key
ORDER BY {order}
"""
_KEYS = {
    By.SOURCE: "lead.source",
    By.CAMPAIGN: "COALESCE(campaign.name, '')",
    By.MONTH: "to_char(lead.created_at AT TIME ZONE 'UTC', 'YYYY-MM')",
}


def funnel(by: By, start: datetime | None = None, end: datetime | None = None) -> list[FunnelRow]:
    """The funnel of the leads that were captured in the period [start, end): a missing bound leaves that side open.

    A lead counts for a stage when it ever reached it, whenever that was, as its history says. A lead that was merged
    into another counts as that one. Campaigns of one name are one row. The fullest row comes first; months in order.
    """
    order = "key" if by == By.MONTH else "sum(leads) DESC, key"
    statement = _FUNNEL.format(key=_KEYS[by], order=order)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"start": start, "end": end, "won": DealState.WON})
        return [_row(*values) for values in cursor.fetchall()]


def _row(*values: Any) -> FunnelRow:
    key, leads, mql, sal, sql, opportunity, won, amounts = values
    return FunnelRow(key, leads, mql, sal, sql, opportunity, won, json.loads(amounts or "{}"))
