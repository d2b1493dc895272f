-- Write the messages of a notice: to everybody of RevOps, each by the first medium of these that has their address.
INSERT INTO handoff_delivery
    (key, notice_id, recipient_id, medium, address,
     state, attempts, next_attempt_at, digest, last_error, created_at)
SELECT DISTINCT ON (reached.user_id)
    gen_random_uuid(), %(notice)s, reached.user_id, offered.medium, reached.address,
    'pending', 0, %(at)s, FALSE, '', %(at)s
FROM unnest(%(media)s::text[]) WITH ORDINALITY AS offered (medium, place)
CROSS JOIN LATERAL handoff_recipients('revops', offered.medium, '', NULL, NULL, NULL) AS reached
ORDER BY reached.user_id, offered.place
ON CONFLICT (notice_id, medium, address) WHERE notice_id IS NOT NULL DO NOTHING
RETURNING id
