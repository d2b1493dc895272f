-- The rejections by sales in a period, each with its number.
SELECT rejection_id AS id, lead_id, rejected_at AS at, counts_against, answer IS NOT NULL AS answered, disputed,
    dispute_decided, overturned
FROM reporting.rejections
WHERE rejected_at >= %(start)s AND rejected_at < %(end)s
