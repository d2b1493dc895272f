-- Begin an attempt at each message. While it lasts, its next attempt is the end of its lease.
UPDATE handoff_delivery delivery SET attempts = delivery.attempts + 1, next_attempt_at = attempt.lease
FROM unnest(%(ids)s::bigint[], %(leases)s::timestamptz[]) AS attempt (id, lease)
WHERE delivery.id = attempt.id
