-- Write the messages of acts that need no subscription, unless RevOps switched their kind off: to the owner, and of a
-- dispute to RevOps, who decides it; by the first medium of these that has their address. Whoever acted knows of it.
WITH concerned AS (
    SELECT act.id AS act_id, about.lead_id, about.audience, act.by_id
    FROM leads_transition act
    CROSS JOIN LATERAL (
        SELECT act.lead_id, 'given_by_system', 'owner'
        WHERE act.by_id IS NULL AND act.via <> 'console' AND act.verb = ANY(%(giving)s)
        UNION ALL SELECT act.lead_id, 'disputed', 'revops' WHERE act.verb = 'dispute'
        UNION ALL SELECT act.lead_id, 'merged', 'owner' WHERE act.verb = 'merge'
        -- A merge is about two leads: the one that vanishes, and the one that stays.
        UNION ALL SELECT (act.facts ->> 'into')::bigint, 'merged', 'owner' WHERE act.verb = 'merge'
    ) AS about (lead_id, kind, audience)
    WHERE act.id = ANY(%(causes)s) AND NOT EXISTS (
        SELECT FROM handoff_standardmessage switch WHERE switch.kind = about.kind AND NOT switch.active
    )
),
recipient AS (
    SELECT DISTINCT ON (concerned.act_id, reached.user_id)
        concerned.act_id, reached.user_id, offered.medium, reached.address
    FROM concerned
    JOIN leads_lead lead ON lead.id = concerned.lead_id
    CROSS JOIN unnest(%(media)s::text[]) WITH ORDINALITY AS offered (medium, place)
    CROSS JOIN LATERAL handoff_recipients(
        concerned.audience, offered.medium, '', lead.owner_id, lead.team_id, lead.campaign_id
    ) AS reached
    WHERE reached.user_id IS DISTINCT FROM concerned.by_id AND NOT EXISTS (
        SELECT FROM handoff_delivery subscribed
        WHERE subscribed.transition_id = concerned.act_id AND subscribed.recipient_id = reached.user_id
    )
    ORDER BY concerned.act_id, reached.user_id, offered.place
)
INSERT INTO handoff_delivery
    (key, transition_id, recipient_id, medium, address,
     state, attempts, next_attempt_at, digest, last_error, created_at)
SELECT (%(seed)s || lpad(to_hex(row_number() OVER ()), 12, '0'))::uuid,
    act_id, MIN(user_id), medium, address, 'pending', 0, %(at)s, FALSE, '', %(at)s
FROM recipient
GROUP BY act_id, medium, address
ON CONFLICT (transition_id, medium, address) WHERE transition_id IS NOT NULL DO NOTHING
RETURNING transition_id
