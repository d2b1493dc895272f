-- The deals of which nobody knows when they were won: they count without a period.
SELECT lead_id, closed_at AS at, seller_id, currency, amount, seconds_since_capture AS wall
FROM reporting.deals
WHERE state = 'won' AND closed_at IS NULL AND NOT %(in_period)s
