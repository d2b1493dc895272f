-- The handoffs that were offered in a period.
SELECT lead_id, offered_at AS at, offered_to_id, seconds_to_contact AS wall, business_seconds_to_contact AS business,
    decided, accepted, won, against_marketing
FROM reporting.handoffs
WHERE offered_at >= %(start)s AND offered_at < %(end)s
