-- Mark what was sent. A row under another lease, or in another state, is somebody else's by now: it is left alone.
UPDATE handoff_delivery delivery SET state = 'sent', sent_at = %(now)s
FROM unnest(%(ids)s::bigint[], %(leases)s::timestamptz[]) AS attempt (id, lease)
WHERE delivery.id = attempt.id AND delivery.state = 'pending' AND delivery.next_attempt_at = attempt.lease
