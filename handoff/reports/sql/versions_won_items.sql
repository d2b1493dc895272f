-- The deals won with leads that were handed over in a period: each counts for the last handoff of its lead alone.
SELECT handoff.handoff_id, handoff.lead_id, handoff.cycle, handoff.offered_at AS at, money.unit AS currency,
    money.value AS amount
FROM reporting.handoffs handoff JOIN reporting.deals deal ON deal.lead_id = handoff.lead_id AND deal.state = 'won',
    handoff_in_currency(deal.amount, deal.currency, deal.closed_on, %(wanted)s, %(rates)s, %(version)s) money
WHERE handoff.won AND deal.amount IS NOT NULL AND handoff.offered_at >= %(start)s AND handoff.offered_at < %(end)s
