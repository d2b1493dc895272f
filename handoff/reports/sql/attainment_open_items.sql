-- The clocks of a metric that run at a moment, each looked at for it: overdue, they are breached or excused. They belong
-- to the moment when they are due. Without a period each of them counts, also one whose due time is not known.
SELECT clock.lead_id, clock.due_at AS at, clock.owner_id, clock.team_id, clock.policy_id,
    LEAST(clock.due_at, %(now)s) AS owed_at, COALESCE(clock.due_at < %(now)s, false) AS overdue,
    CASE
        WHEN clock.due_at IS NULL OR clock.due_at >= %(now)s THEN 'running'
        WHEN clock.excused_by_id IS NOT NULL THEN 'excused'
        ELSE 'breached'
    END AS outcome,
    false AS timed, date_part('epoch', clock.elapsed) AS business, NULL::double precision AS wall
FROM sla_clock clock
WHERE clock.metric = %(metric)s AND clock.stopped_at IS NULL
    AND (NOT %(in_period)s OR clock.due_at >= %(start)s AND clock.due_at < %(end)s)
