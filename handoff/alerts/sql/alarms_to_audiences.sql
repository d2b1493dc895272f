-- Write the messages of alarms to these audiences by email, whatever their steps; if asked, only of those breaches of
-- which nobody was notified.
WITH recipient AS (
    SELECT alarm.id AS alarm_id, reached.user_id, reached.address
    FROM sla_alarm alarm
    JOIN sla_step step ON step.id = alarm.step_id
    JOIN sla_clock clock ON clock.id = alarm.clock_id
    JOIN leads_lead lead ON lead.id = clock.lead_id
    CROSS JOIN unnest(%(audiences)s::text[]) AS asked (audience)
    CROSS JOIN LATERAL handoff_recipients(
        asked.audience, 'email', '', lead.owner_id, lead.team_id, lead.campaign_id
    ) AS reached
    WHERE alarm.id = ANY(%(causes)s) AND NOT (
        %(only_unheard_breaches)s AND (
            alarm.superseded OR step.percent < 100
            OR EXISTS (SELECT FROM handoff_delivery delivery WHERE delivery.alarm_id = alarm.id)
        )
    )
)
INSERT INTO handoff_delivery
    (key, alarm_id, recipient_id, medium, address,
     state, priority, attempts, next_attempt_at, digest, last_error, created_at)
SELECT (%(seed)s || lpad(to_hex(row_number() OVER ()), 12, '0'))::uuid,
    alarm_id, MIN(user_id), 'email', address, 'pending', 0, 0, %(at)s, FALSE, '', %(at)s
FROM recipient
GROUP BY alarm_id, address
ON CONFLICT (alarm_id, medium, address) WHERE alarm_id IS NOT NULL DO NOTHING
RETURNING alarm_id
