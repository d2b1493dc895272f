-- The clocks of a period, of all metrics, as they stand at a moment: those that ended in it, or run and are due in it.
SELECT clock.id, clock.lead_id, COALESCE(clock.stopped_at, clock.due_at) AS at, clock.metric,
    CASE
        WHEN clock.state = 'running' AND (clock.due_at IS NULL OR clock.due_at >= %(now)s) THEN 'running'
        WHEN clock.state IN ('met', 'cancelled') THEN clock.state
        WHEN clock.excused_by_id IS NOT NULL THEN 'excused'
        ELSE 'breached'
    END AS outcome
FROM sla_clock clock
WHERE clock.metric = ANY (%(metrics)s) AND (  -- all of them: the indexes begin with the metric
    NOT %(in_period)s
    OR clock.stopped_at >= %(start)s AND clock.stopped_at < %(end)s
    OR clock.stopped_at IS NULL AND clock.due_at >= %(start)s AND clock.due_at < %(end)s
)
