-- The leads that were captured in a period, and on a row for each deal what was won with it.
SELECT lead_id, created_at AS at, leads, mql, sal, sql, opportunity, won, currency, priced, amount
FROM handoff_funnelshare
WHERE counts AND created_at >= %(start)s AND created_at < %(end)s
