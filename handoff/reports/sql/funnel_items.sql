-- The leads that were captured in a period, with the stages that each has reached.
SELECT lead_id, created_at AS at, mql = 1 AS mql, sal = 1 AS sal, sql = 1 AS sql, opportunity = 1 AS opportunity,
    won = 1 AS won
FROM handoff_funnelshare
WHERE counts AND leads = 1 AND created_at >= %(start)s AND created_at < %(end)s
