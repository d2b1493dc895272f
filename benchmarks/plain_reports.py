"""The funnel counted from the tables alone, lead by lead: what the quick one must equal, and is measured against."""

import json
from datetime import datetime
from typing import Any

from django.db import connection

from handoff.reports.funnel import By, FunnelRow

KEYS = {
    By.SOURCE: "lead.source",
    By.CAMPAIGN: "COALESCE(campaign.name, '')",
    By.MONTH: "to_char(lead.created_at AT TIME ZONE 'UTC', 'YYYY-MM')",
}

# Each lead is reduced to one row of facts before anything is counted, so no join can count it twice.
FUNNEL = """
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
    WHERE move.from_state <> move.to_state
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


def plain_funnel(by: By, start: datetime | None = None, end: datetime | None = None) -> list[FunnelRow]:
    order = "key" if by == By.MONTH else "sum(leads) DESC, key"
    with connection.cursor() as cursor:
        cursor.execute(FUNNEL.format(key=KEYS[by], order=order), {"start": start, "end": end, "won": "won"})
        return [_row(by, *row) for row in cursor.fetchall()]


def _row(by: By, key: str, *values: Any) -> FunnelRow:
    *counts, amounts = values
    figures: list[Any] = [*counts, json.loads(amounts or "{}")]
    return FunnelRow(key, key or f"(no {by.value})", *figures)
