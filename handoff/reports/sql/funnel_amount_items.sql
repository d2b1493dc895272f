-- The leads that were captured in a period, and on a row for each deal what was won with it, in the currency that is wanted.
SELECT lead_id, created_at AS at, leads, mql, sal, sql, opportunity, won, currency, priced, amount
FROM handoff_funnelshare
WHERE counts AND leads = 1 AND created_at >= %(start)s AND created_at < %(end)s
UNION ALL
SELECT deal.lead_id, lead.created_at, 0, 0, 0, 0, 0, 0, money.unit, 1, money.value
FROM handoff_firm firm, leads_opportunity deal
JOIN leads_lead lead ON lead.id = deal.lead_id AND lead.merged_into_id IS NULL, handoff_in_currency(
    deal.amount, deal.currency, (deal.closed_at AT TIME ZONE firm.time_zone)::date, %(wanted)s, %(rates)s, %(version)s
) money
WHERE deal.state = 'won' AND deal.amount IS NOT NULL AND lead.created_at >= %(start)s AND lead.created_at < %(end)s
