-- The clocks that ended in a period, of all metrics.
SELECT clock.id, clock.lead_id, clock.stopped_at AS at, clock.metric,
    CASE WHEN clock.state = 'breached' AND clock.excused_by_id IS NOT NULL THEN 'excused' ELSE clock.state END AS outcome
FROM sla_clock clock
WHERE clock.metric = ANY (%(metrics)s)  -- all of them: the index begins with the metric
    AND clock.stopped_at >= %(start)s AND clock.stopped_at < %(end)s
