-- The latest breaches of a period, one by one: who owed each, when it was due and ended, by whose act, and who excused it.
SELECT clock.lead_id, clock.metric, clock.owner_id, clock.due_at, clock.stopped_at, stopped.by_id, excused.by_id,
    COALESCE(excused.facts ->> 'reason', '')
FROM sla_clock clock
LEFT JOIN leads_transition stopped ON stopped.id = clock.stopped_by_id
LEFT JOIN leads_transition excused ON excused.id = clock.excused_by_id
WHERE clock.metric = ANY (%(metrics)s) AND (  -- all of them: the indexes begin with the metric
    clock.state = 'breached' AND clock.stopped_at >= %(start)s AND clock.stopped_at < %(end)s
    OR clock.stopped_at IS NULL AND clock.due_at >= %(start)s AND clock.due_at < LEAST(%(end)s, %(now)s)
)
ORDER BY clock.due_at DESC, clock.id LIMIT %(most)s
