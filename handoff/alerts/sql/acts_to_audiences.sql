-- Write the messages of acts to these audiences by email, whatever the subscriptions.
WITH recipient AS (
    SELECT act.id AS act_id, reached.user_id, reached.address
    FROM leads_transition act
    JOIN leads_lead lead ON lead.id = act.lead_id
    CROSS JOIN unnest(%(audiences)s::text[]) AS asked (audience)
    CROSS JOIN LATERAL handoff_recipients(
        asked.audience, 'email', '', lead.owner_id, lead.team_id, lead.campaign_id
    ) AS reached
    WHERE act.id = ANY(%(causes)s)
)
INSERT INTO handoff_delivery
    (key, transition_id, recipient_id, medium, address,
     state, priority, attempts, next_attempt_at, digest, last_error, created_at)
SELECT (%(seed)s || lpad(to_hex(row_number() OVER ()), 12, '0'))::uuid,
    act_id, MIN(user_id), 'email', address, 'pending', 0, 0, %(at)s, FALSE, '', %(at)s
FROM recipient
GROUP BY act_id, address
ON CONFLICT (transition_id, medium, address) WHERE transition_id IS NOT NULL DO NOTHING
RETURNING transition_id
