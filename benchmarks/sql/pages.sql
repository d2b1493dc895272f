-- Grows the leads of benchmarks/reports.py by what their lists show: names, rejections with their answers, disputes,
-- handoffs, alarms, deliveries, touches, external ids, possible duplicates, and the inboxes. What is there of these is
-- in other proportions.
DELETE FROM handoff_rejection;
DELETE FROM handoff_handoff;
DELETE FROM leads_touch;
DELETE FROM leads_touchpoint;
INSERT INTO leads_user (id, username, email, first_name, last_name, is_active, time_zone, team_id, password,
    is_superuser, is_staff, date_joined, slack_member_id)
SELECT 1000 + n, who, who || '@firm.example', initcap(who), '', true, 'UTC', CASE WHEN n = 1 THEN 2 END, '', false,
    false, now(), ''
FROM unnest(ARRAY['manager', 'marketer', 'nora', 'revops']) WITH ORDINALITY AS people (who, n);
UPDATE leads_team SET manager_id = 1001 WHERE id = 2;
INSERT INTO leads_user_groups (user_id, group_id)
SELECT person.id, auth_group.id FROM leads_user person JOIN auth_group ON auth_group.name = CASE person.username
    WHEN 'manager' THEN 'Sales manager' WHEN 'marketer' THEN 'Marketer' WHEN 'nora' THEN 'Marketing lead'
    WHEN 'revops' THEN 'RevOps' ELSE 'Sales rep' END
ON CONFLICT DO NOTHING;
INSERT INTO sla_step (id, policy_id, percent, after_seconds, pierces, out_of_rotation_seconds, does)
SELECT policy.id * 10 + n, policy.id, 50 * n, 0, false, 0, ''
FROM sla_policy policy, generate_series(1, 2) n;
INSERT INTO sla_policy (id, key, version, name, metric, conditions, position, target_seconds, calendar_id, whose_hours,
    on_reassign, floor_seconds, pause_budget_seconds, created_at)
VALUES (5, 'answer', 1, 'Answer', 'time_to_answer', '[]', 100, 86400, 1, 'policy', 'carry', 0, 0, now());
-- One lead in seven that sales had was rejected.
CREATE TEMPORARY TABLE refused AS
SELECT lead.id, lead.state, lead.owner_id, lead.team_id, lead.created_at + interval '3 days' * random() AS at,
    (SELECT array_agg(id) FROM leads_reason WHERE retired_at IS NULL) AS reasons, random() AS u
FROM leads_lead lead WHERE lead.id % 7 = 0 AND lead.state IN ('mql', 'sal', 'sql');
ALTER TABLE refused ADD COLUMN reason_id bigint, ADD COLUMN act bigint, ADD COLUMN is_answered boolean;
UPDATE refused SET reason_id = reasons[1 + floor(power(random(), 3) * cardinality(reasons))::int],
    is_answered = u < 0.95, act = nextval(pg_get_serial_sequence('leads_transition', 'id'));
UPDATE leads_lead lead SET
    name = (ARRAY['Anna', 'Ben', 'Chloe', 'David', 'Emma', 'Felix', 'Grace', 'Hugo', 'Ines', 'Jonas', 'Karla', 'Liam',
        'Mona', 'Noah', 'Olga', 'Paul', 'Rosa', 'Simon', 'Tara', 'Uwe'])[1 + lead.id * 31 % 20]
        || ' ' || initcap(substr(translate(md5((lead.id % 20011)::text), '0123456789', 'aeioulnrst'), 1, 7)),
    phone = CASE WHEN lead.id % 3 > 0 THEN '+49 30 ' || (10000000 + lead.id) ELSE '' END,
    title = (ARRAY['Buyer', 'Head of IT', 'CEO', ''])[1 + lead.id % 4],
    score = CASE WHEN lead.id % 10 > 0 THEN lead.id * 7919 % 101 END,
    state = CASE WHEN refused.id IS NULL THEN lead.state ELSE 'rejected' END,
    reason_id = refused.reason_id, entered_at = COALESCE(refused.at, lead.entered_at),
    owner_id = CASE WHEN lead.state = 'mql' AND lead.id % 50 = 1 THEN NULL ELSE lead.owner_id END,
    snoozed_until = CASE WHEN lead.id % 400 = 1 THEN now() + interval '2 days' END
FROM leads_lead same LEFT JOIN refused USING (id) WHERE lead.id = same.id;
INSERT INTO leads_transition (id, lead_id, verb, from_state, to_state, cycle, owner_id, by_id, at, recorded_at, via,
    historical, facts, request_id)
SELECT act, id, 'reject', state, 'rejected', 1, owner_id, owner_id, at, at, 'console', false, '{}', '' FROM refused;
INSERT INTO handoff_rejection (lead_id, transition_id, cycle, from_state, reason_id, note, evidence, by_id, at, answer,
    answer_note, answered_by_id, answered_at)
SELECT id, act, 1, state, reason_id, 'They said ' || md5(id::text), '{}', owner_id, at,
    CASE WHEN is_answered THEN (ARRAY['acknowledge', 'acknowledge', 'fix', 'recycle', 'dispute', 'retire'])[1 + id % 6]
    ELSE '' END, '', CASE WHEN is_answered THEN 1002 END, CASE WHEN is_answered THEN at + interval '5 hours' END
FROM refused ORDER BY at;
INSERT INTO handoff_dispute (rejection_id, argument, by_id, at, decision, decision_note, decided_by_id, decided_at)
SELECT id, 'They fit', 1002, answered_at, CASE WHEN id % 50 = 0 THEN '' ELSE 'upheld' END, '', NULL,
    CASE WHEN id % 50 > 0 THEN answered_at + interval '1 day' END
FROM handoff_rejection WHERE answer = 'dispute';
UPDATE sla_clock clock SET stopped_at = GREATEST(refused.at, started_at), state = 'cancelled'
FROM refused WHERE clock.lead_id = refused.id AND stopped_at IS NULL;
INSERT INTO sla_clock (lead_id, metric, cycle, round, policy_id, calendar_id, owner_id, target_seconds, started_at,
    due_at, stopped_at, state, started_by_id, stopped_by_id, elapsed, paused, amended, tz_version, error)
SELECT id, 'time_to_answer', 1, 1, 5, 1, NULL, 86400, at, due_at, stopped_at, CASE WHEN stopped_at IS NULL THEN 'running'
    WHEN stopped_at <= due_at THEN 'met' ELSE 'breached' END, act, CASE WHEN is_answered THEN act END,
    CASE WHEN is_answered THEN stopped_at - at END, false, false, '', ''
FROM (SELECT *, at + interval '1 day' * (0.1 + u) AS due_at,
    CASE WHEN is_answered THEN at + interval '5 hours' END AS stopped_at FROM refused) ended;
INSERT INTO handoff_handoff (lead_id, cycle, transition_id, packet, offered_to_id, offered_at, decision, decided_by_id,
    decided_at)
SELECT act.lead_id, 1, act.id, '{"asked": "A demo"}', act.owner_id, act.at,
    CASE WHEN lead.state = 'mql' THEN '' WHEN lead.state = 'rejected' AND lead.id % 2 = 0 THEN 'rejected'
    ELSE 'accepted' END, CASE WHEN lead.state <> 'mql' THEN act.owner_id END,
    CASE WHEN lead.state <> 'mql' THEN act.at + interval '1 hour' END
FROM leads_transition act JOIN leads_lead lead ON lead.id = act.lead_id WHERE verb = 'promote' ORDER BY act.id;
INSERT INTO sla_alarm (clock_id, step_id, due_at, fired_at, superseded, to_do, note)
SELECT clock.id, step.id, at, at + interval '20 ms', step.percent = 50 AND clock.id % 20 = 0, false, ''
FROM sla_clock clock JOIN sla_step step USING (policy_id)
CROSS JOIN LATERAL (SELECT started_at + (due_at - started_at) * step.percent / 100 AS at) due
WHERE at < COALESCE(stopped_at, now()) ORDER BY at;
INSERT INTO sla_pendingalarm (clock_id, step_id, due_at)
SELECT clock.id, step.id, started_at + (due_at - started_at) * step.percent / 100
FROM sla_clock clock JOIN sla_step step USING (policy_id)
WHERE stopped_at IS NULL AND started_at + (due_at - started_at) * step.percent / 100 >= now();
INSERT INTO handoff_delivery (key, alarm_id, recipient_id, medium, address, state, priority, attempts, next_attempt_at,
    digest, last_error, created_at, sent_at)
SELECT gen_random_uuid(), alarm.id, clock.owner_id, 'email', 'rep' || clock.owner_id || '@firm.example', fate.state, 2, 1,
    fired_at, false, CASE fate.state WHEN 'dead' THEN 'Refused' ELSE '' END, fired_at,
    CASE fate.state WHEN 'sent' THEN fired_at + interval '1 s' END
FROM sla_alarm alarm JOIN sla_clock clock ON clock.id = alarm.clock_id
CROSS JOIN LATERAL (SELECT CASE WHEN alarm.id % 500 = 0 THEN 'dead' WHEN alarm.id % 300 = 0 THEN 'withdrawn'
    ELSE 'sent' END AS state) fate
WHERE NOT superseded ORDER BY alarm.id;
INSERT INTO leads_touch (lead_id, by_id, channel, outcome, at, note, automatic, system, external_id)
SELECT lead_id, by_id, 'call', 'reached', at, '', false, '', '' FROM leads_transition WHERE verb = 'touch' AND id % 2 = 0;
INSERT INTO leads_touchpoint (lead_id, kind, source, campaign_id, at, recorded_at, detail, system, external_id)
SELECT id, (ARRAY['form', 'page_visit', 'webinar'])[1 + id % 3], source, campaign_id, created_at, created_at,
    'Pricing', '', '' FROM leads_lead;
INSERT INTO leads_externalid (lead_id, system, value)
SELECT id, CASE WHEN id % 2 = 0 THEN 'hubspot' ELSE 'salesforce' END, '00Q' || lpad(id::text, 12, '0') FROM leads_lead;
INSERT INTO leads_possibleduplicate (first_id, second_id, score, reasons, state, decided_at, created_at)
SELECT id, id + 1, 60 + id % 40, '{"The same phone"}', CASE WHEN id % 3 = 0 THEN 'open' ELSE 'not_the_same' END,
    CASE WHEN id % 3 > 0 THEN now() END, created_at FROM leads_lead WHERE id % 20 = 0;
SELECT handoff_inbox_write(array_agg(id)) FROM leads_lead WHERE state IN ('mql', 'sal', 'sql');
SELECT setval(pg_get_serial_sequence('leads_user', 'id'), 2000), setval(pg_get_serial_sequence('sla_policy', 'id'), 100),
    setval(pg_get_serial_sequence('sla_step', 'id'), 100), setval(pg_get_serial_sequence('leads_team', 'id'), 100),
    setval(pg_get_serial_sequence('leads_campaign', 'id'), 1000), setval(pg_get_serial_sequence('sla_calendar', 'id'), 100)
