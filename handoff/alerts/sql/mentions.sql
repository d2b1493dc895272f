-- Write the messages of a comment to the people whom it mentions: to each by the first medium of these that has their
-- address, unless they are notified of it already because they subscribe to comments.
INSERT INTO handoff_delivery
    (key, transition_id, recipient_id, medium, address,
     state, attempts, next_attempt_at, digest, last_error, created_at)
SELECT DISTINCT ON (reached.user_id)
    gen_random_uuid(), %(act)s, reached.user_id, offered.medium, reached.address,
    'pending', 0, %(at)s, FALSE, '', %(at)s
FROM unnest(%(people)s::bigint[]) AS mentioned (user_id)
CROSS JOIN unnest(%(media)s::text[]) WITH ORDINALITY AS offered (medium, place)
CROSS JOIN LATERAL handoff_recipients('owner', offered.medium, '', mentioned.user_id, NULL, NULL) AS reached
WHERE NOT EXISTS (
    SELECT FROM handoff_delivery subscribed
    WHERE subscribed.transition_id = %(act)s AND subscribed.recipient_id = reached.user_id
)
ORDER BY reached.user_id, offered.place
ON CONFLICT (transition_id, medium, address) WHERE transition_id IS NOT NULL DO NOTHING
RETURNING id
