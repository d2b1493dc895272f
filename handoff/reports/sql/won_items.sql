-- The deals that were won in a period, in the currency that is wanted.
SELECT lead_id, closed_at AS at, seller_id, money.unit AS currency, money.value AS amount, seconds_since_capture AS wall
FROM reporting.deals deal, handoff_in_currency(
    deal.amount, deal.currency, deal.closed_on, %(wanted)s, %(rates)s, %(version)s
) money
WHERE state = 'won' AND closed_at >= %(start)s AND closed_at < %(end)s
