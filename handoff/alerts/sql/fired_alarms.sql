-- It goes on after the list of `sla.alarms.FIRED`: what fired is written to the outbox by the statement that fires it.
-- One message for each address; should a person and a fixed address be the same, it is the person's, in their time
-- zone. A key is random for the statement, and counted within it. Nobody can have been notified of these alarms before.
recipient AS (
    SELECT fired.id AS alarm_id, destination.id AS destination_id, destination.medium, reached.user_id, reached.address,
        fired.priority
    FROM fired
    JOIN sla_step_tells named ON named.step_id = fired.step_id
    JOIN sla_destination destination ON destination.id = named.destination_id AND destination.active
    JOIN leads_lead lead ON lead.id = fired.lead_id
    CROSS JOIN LATERAL handoff_recipients(
        destination.audience, destination.medium, destination.address, lead.owner_id, lead.team_id, lead.campaign_id
    ) AS reached
    WHERE NOT fired.superseded
),
written AS (
    INSERT INTO handoff_delivery
        (key, alarm_id, recipient_id, destination_id, medium, address,
         state, priority, attempts, next_attempt_at, digest, last_error, created_at)
    SELECT (%(seed)s || lpad(to_hex(row_number() OVER ()), 12, '0'))::uuid,
        alarm_id, MIN(user_id), MIN(destination_id), medium, address, 'pending', MIN(priority), 0, %(at)s, FALSE, '', %(at)s
    FROM recipient
    GROUP BY alarm_id, medium, address
    RETURNING alarm_id
)
SELECT count(*), array_agg(id) FILTER (WHERE id NOT IN (SELECT alarm_id FROM written)) FROM fired
