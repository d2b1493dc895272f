-- The clocks of a metric that ended in a period.
SELECT clock.lead_id, clock.stopped_at AS at, clock.owner_id, clock.team_id, clock.policy_id,
    LEAST(clock.stopped_at, clock.due_at) AS owed_at, false AS overdue,
    CASE WHEN clock.state = 'breached' AND clock.excused_by_id IS NOT NULL THEN 'excused' ELSE clock.state END AS outcome,
    clock.state IN ('met', 'breached') AS timed,
    date_part('epoch', clock.elapsed) AS business,
    date_part('epoch', clock.stopped_at - clock.started_at) AS wall
FROM sla_clock clock
WHERE clock.metric = %(metric)s AND clock.stopped_at >= %(start)s AND clock.stopped_at < %(end)s
