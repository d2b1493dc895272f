-- The deals that were won in a period. Without a period also those of which nobody knows when they were won.
SELECT lead_id, closed_at AS at, seller_id, currency, amount, seconds_since_capture AS wall
FROM reporting.deals
WHERE state = 'won' AND (
    closed_at >= %(start)s AND closed_at < %(end)s OR closed_at IS NULL AND NOT %(in_period)s
)
