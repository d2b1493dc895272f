-- The clocks of a metric as they stand at a moment, each looked at for it. A clock belongs to the moment when it ended,
-- or while it runs to the one when it is due. Without a period each of them counts, also one whose due time is not known.
SELECT clock.lead_id, COALESCE(clock.stopped_at, clock.due_at) AS at, clock.owner_id, clock.team_id, clock.policy_id,
    LEAST(clock.stopped_at, clock.due_at, %(now)s) AS owed_at,
    clock.stopped_at IS NULL AND clock.due_at < %(now)s AS overdue,
    CASE
        WHEN clock.state = 'running' AND (clock.due_at IS NULL OR clock.due_at >= %(now)s) THEN 'running'
        WHEN clock.state IN ('met', 'cancelled') THEN clock.state
        WHEN clock.excused_by_id IS NOT NULL THEN 'excused'
        ELSE 'breached'
    END AS outcome,
    clock.state IN ('met', 'breached') AS timed,
    date_part('epoch', clock.elapsed) AS business,
    date_part('epoch', clock.stopped_at - clock.started_at) AS wall
FROM sla_clock clock
WHERE clock.metric = %(metric)s AND (
    NOT %(in_period)s
    OR clock.stopped_at >= %(start)s AND clock.stopped_at < %(end)s
    OR clock.stopped_at IS NULL AND clock.due_at >= %(start)s AND clock.due_at < %(end)s
)
