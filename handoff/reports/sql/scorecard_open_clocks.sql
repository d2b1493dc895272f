-- The clocks that run and are due in a period, of all metrics, as they stand at a moment.
SELECT clock.id, clock.lead_id, clock.due_at AS at, clock.metric,
    CASE
        WHEN clock.due_at >= %(now)s THEN 'running'
        WHEN clock.excused_by_id IS NOT NULL THEN 'excused'
        ELSE 'breached'
    END AS outcome
FROM sla_clock clock
WHERE clock.metric = ANY (%(metrics)s) AND clock.stopped_at IS NULL
    AND clock.due_at >= %(start)s AND clock.due_at < %(end)s
