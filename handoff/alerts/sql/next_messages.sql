-- The next messages that may be sent, the most urgent first, and the server of each. They are locked until the end of
-- the transaction, and what another worker has locked is passed over. `full` are the servers that take no more now.
SELECT delivery.id, place.server
FROM handoff_delivery delivery
CROSS JOIN LATERAL (
    SELECT
        CASE WHEN delivery.address ~ '^https?://' THEN split_part(delivery.address, '/', 3) ELSE delivery.medium END
            AS server,
        CASE WHEN delivery.address ~ '^https?://' THEN md5(delivery.address) ELSE delivery.medium END AS receiver
) place
WHERE delivery.state = 'pending' AND delivery.next_attempt_at <= %(now)s AND NOT delivery.digest
    AND (delivery.notice_id IS NOT NULL OR NOT %(of_notices)s)
    AND NOT place.server = ANY(%(full)s)
    AND NOT EXISTS (
        SELECT FROM handoff_ratelimit resting WHERE resting.receiver = place.receiver AND resting.until > %(now)s
    )
ORDER BY delivery.priority, delivery.next_attempt_at
LIMIT %(count)s
FOR NO KEY UPDATE OF delivery SKIP LOCKED
