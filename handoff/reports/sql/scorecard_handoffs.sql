-- The handoffs that were offered in a period, each with its number.
SELECT handoff_id AS id, lead_id, offered_at AS at, decided, accepted, won, against_marketing
FROM reporting.handoffs
WHERE offered_at >= %(start)s AND offered_at < %(end)s
