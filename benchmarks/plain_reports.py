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

# Leads are counted without their deals, and the deals by themselves, so that no join counts a lead twice.
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
), counted AS (
    SELECT captured.key, count(*) AS leads, count(*) FILTER (WHERE mql) AS mql, count(*) FILTER (WHERE sal) AS sal,
        count(*) FILTER (WHERE sql) AS sql, count(*) FILTER (WHERE opportunity) AS opportunity,
        count(*) FILTER (WHERE captured.id IN (SELECT lead_id FROM leads_opportunity WHERE state = %(won)s)) AS won
    FROM captured LEFT JOIN reached ON reached.lead_id = captured.id
    GROUP BY captured.key
), priced AS (
    SELECT captured.key, deal.currency, sum(deal.amount) AS amount
    FROM captured JOIN leads_opportunity deal ON deal.lead_id = captured.id
    WHERE deal.state = %(won)s AND deal.amount IS NOT NULL
    GROUP BY captured.key, deal.currency
), amounts AS (
    SELECT key, json_object_agg(currency, amount::text ORDER BY currency)::text AS amounts FROM priced GROUP BY key
)
SELECT key, leads, mql, sal, sql, opportunity, won, amounts
FROM counted LEFT JOIN amounts USING (key)
ORDER BY {order}
"""


def plain_funnel(by: By, start: datetime | None = None, end: datetime | None = None) -> list[FunnelRow]:
    order = "key" if by == By.MONTH else "leads DESC, key"
    with connection.cursor() as cursor:
        cursor.execute(FUNNEL.format(key=KEYS[by], order=order), {"start": start, "end": end, "won": "won"})
        return [_row(by, *row) for row in cursor.fetchall()]


def _row(by: By, key: str, *values: Any) -> FunnelRow:
    *counts, amounts = values
    figures: list[Any] = [*counts, json.loads(amounts or "{}")]
    return FunnelRow(key, key or f"(no {by.value})", *figures)
