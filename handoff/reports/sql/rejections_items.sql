-- The rejections by sales in a period.
SELECT rejection_id, lead_id, rejected_at AS at, rejected_by_id, reason, reason_label, counts_against, counts_as_valid,
    answer IS NOT NULL AS answered, disputed, dispute_decided, overturned, seconds_to_answer AS wall,
    business_seconds_to_answer AS business
FROM reporting.rejections
WHERE rejected_at >= %(start)s AND rejected_at < %(end)s
