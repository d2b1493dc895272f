-- The leads on which something of a policy's ladder still waits: to fire, to be done, or to be sent.
SELECT clock.lead_id
FROM sla_step step
JOIN sla_pendingalarm pending ON pending.step_id = step.id
JOIN sla_clock clock ON clock.id = pending.clock_id
WHERE step.policy_id = %(policy)s
UNION
SELECT clock.lead_id
FROM sla_alarm alarm
JOIN sla_step step ON step.id = alarm.step_id AND step.policy_id = %(policy)s
JOIN sla_clock clock ON clock.id = alarm.clock_id
WHERE alarm.to_do
UNION
SELECT clock.lead_id
FROM handoff_delivery delivery
JOIN sla_alarm alarm ON alarm.id = delivery.alarm_id
JOIN sla_step step ON step.id = alarm.step_id AND step.policy_id = %(policy)s
JOIN sla_clock clock ON clock.id = alarm.clock_id
WHERE delivery.state = 'pending'
ORDER BY lead_id
