-- The breaches of a period, by the promise and whoever owed it: how many, how many of them still run, and which were
-- excused. A clock counts in the period in which it ended, or while it runs in the one in which it is due.
SELECT clock.metric, clock.owner_id, count(*),
    count(*) FILTER (WHERE clock.stopped_at IS NULL), count(*) FILTER (WHERE clock.excused_by_id IS NOT NULL)
FROM sla_clock clock
WHERE clock.metric = ANY (%(metrics)s) AND (  -- all of them: the indexes begin with the metric
    clock.state = 'breached' AND clock.stopped_at >= %(start)s AND clock.stopped_at < %(end)s
    OR clock.stopped_at IS NULL AND clock.due_at >= %(start)s AND clock.due_at < LEAST(%(end)s, %(now)s)
)
GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 NULLS LAST
