-- The clocks of a metric that run and are due in a period, as they stand at a moment: overdue, they are breached or
-- excused. They belong to the moment when they are due; what is not overdue is owed by whoever owns it until further
-- notice.
SELECT clock.lead_id, clock.due_at AS at, clock.owner_id, clock.team_id, clock.policy_id,
    CASE WHEN clock.due_at < %(now)s THEN clock.due_at ELSE 'infinity' END AS owed_at, clock.due_at < %(now)s AS overdue,
    CASE
        WHEN clock.due_at >= %(now)s THEN 'running'
        WHEN clock.excused_by_id IS NOT NULL THEN 'excused'
        ELSE 'breached'
    END AS outcome,
    false AS timed, NULL::double precision AS business, NULL::double precision AS wall
FROM sla_clock clock
WHERE clock.metric = %(metric)s AND clock.stopped_at IS NULL AND clock.due_at >= %(start)s AND clock.due_at < %(end)s
