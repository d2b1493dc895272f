-- Write the messages of a notice: to everybody of RevOps, each by the first medium of these that has their address.
INSERT INTO handoff_delivery
    (key, notice_id, recipient_id, medium, address,
     state, priority, attempts, next_attempt_at, digest, last_error, created_at)
SELECT DISTINCT ON (reached.user_id)
    gen_random_uuid(), %(notice)s, reached.user_id, offered.medium, reached.address,
    'pending', notice.priority, 0, %(at)s, FALSE, '', %(at)s
FROM (SELECT CASE WHEN pierces THEN 0 ELSE 4 END AS priority FROM handoff_notice WHERE id = %(notice)s) AS notice
CROSS JOIN unnest(%(media)s::text[]) WITH ORDINALITY AS offered (medium, place)
CROSS JOIN LATERAL handoff_recipients('revops', offered.medium, '', NULL, NULL, NULL) AS reached
ORDER BY reached.user_id, offered.place
ON CONFLICT (notice_id, medium, address) WHERE notice_id IS NOT NULL DO NOTHING
RETURNING id
