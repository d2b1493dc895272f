-- Write the messages of a notice to these people, to each by the first medium of these that has their address.
INSERT INTO handoff_delivery
    (key, notice_id, recipient_id, medium, address,
     state, priority, attempts, next_attempt_at, digest, last_error, created_at)
SELECT DISTINCT ON (reached.user_id)
    gen_random_uuid(), %(notice)s, reached.user_id, offered.medium, reached.address,
    'pending', 4, 0, %(at)s, FALSE, '', %(at)s
FROM unnest(%(people)s::bigint[]) AS person (id)
CROSS JOIN unnest(%(media)s::text[]) WITH ORDINALITY AS offered (medium, place)
CROSS JOIN LATERAL handoff_recipients('owner', offered.medium, '', person.id, NULL, NULL) AS reached
ORDER BY reached.user_id, offered.place
ON CONFLICT (notice_id, medium, address) WHERE notice_id IS NOT NULL DO NOTHING
RETURNING id
