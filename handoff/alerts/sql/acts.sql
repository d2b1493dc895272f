-- Write the messages of acts to the destinations that subscribe to their verbs.
WITH recipient AS (
    SELECT act.id AS act_id, destination.id AS destination_id, destination.medium, reached.user_id, reached.address
    FROM leads_transition act
    JOIN handoff_subscription subscription ON subscription.verb = act.verb
    JOIN sla_destination destination ON destination.id = subscription.destination_id AND destination.active
    -- A merge is about two leads: the one that vanishes, and the one that stays.
    CROSS JOIN LATERAL (
        SELECT act.lead_id UNION ALL SELECT (act.facts ->> 'into')::bigint WHERE act.verb = 'merge'
    ) AS about (lead_id)
    JOIN leads_lead lead ON lead.id = about.lead_id
    CROSS JOIN LATERAL handoff_recipients(
        destination.audience, destination.medium, destination.address, lead.owner_id, lead.team_id, lead.campaign_id
    ) AS reached
    WHERE act.id = ANY(%(causes)s)
)
INSERT INTO handoff_delivery
    (key, transition_id, recipient_id, destination_id, medium, address,
     state, priority, attempts, next_attempt_at, digest, last_error, created_at)
SELECT (%(seed)s || lpad(to_hex(row_number() OVER ()), 12, '0'))::uuid,
    act_id, MIN(user_id), MIN(destination_id), medium, address, 'pending', 3, 0, %(at)s, FALSE, '', %(at)s
FROM recipient
GROUP BY act_id, medium, address
ON CONFLICT (transition_id, medium, address) WHERE transition_id IS NOT NULL DO NOTHING
RETURNING transition_id
