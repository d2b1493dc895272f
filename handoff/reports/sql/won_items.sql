-- The deals that were won in a period.
SELECT lead_id, closed_at AS at, seller_id, currency, amount, seconds_since_capture AS wall
FROM reporting.deals
WHERE state = 'won' AND closed_at >= %(start)s AND closed_at < %(end)s
