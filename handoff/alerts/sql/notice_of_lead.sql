-- Write the messages of a notice about a lead to one audience: to each person by the first medium of these that has their
-- address, and to a team likewise.
INSERT INTO handoff_delivery
    (key, notice_id, recipient_id, medium, address,
     state, attempts, next_attempt_at, digest, last_error, created_at)
SELECT DISTINCT ON (reached.user_id)
    gen_random_uuid(), notice.id, reached.user_id, offered.medium, reached.address,
    'pending', 0, %(at)s, FALSE, '', %(at)s
FROM handoff_notice notice
JOIN leads_lead lead ON lead.id = notice.lead_id
CROSS JOIN unnest(%(media)s::text[]) WITH ORDINALITY AS offered (medium, place)
CROSS JOIN LATERAL handoff_recipients(
    %(audience)s, offered.medium, '', lead.owner_id, lead.team_id, lead.campaign_id
) AS reached
WHERE notice.id = %(notice)s
ORDER BY reached.user_id, offered.place
ON CONFLICT (notice_id, medium, address) WHERE notice_id IS NOT NULL DO NOTHING
RETURNING id
