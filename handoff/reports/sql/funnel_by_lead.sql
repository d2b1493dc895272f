-- The funnel by rows for which nothing is kept ready: it reads every lead of the period once. What the rows are is put
-- in where <key>, <name> and <joins> stand. A lead with several choices of an attribute counts in the row of each.
WITH counted AS (
    SELECT <key> AS key, <name>::text AS label, item.*
    FROM (SELECT share.*, share.created_at AS at FROM handoff_funnelshare share) item
    JOIN leads_lead lead ON lead.id = item.lead_id
    <joins>
    WHERE item.counts AND item.created_at >= %(start)s AND item.created_at < %(end)s
), summed AS (
    SELECT key, max(label) AS label, currency, sum(leads) AS leads, sum(mql) AS mql, sum(sal) AS sal, sum(sql) AS sql,
        sum(opportunity) AS opportunity, sum(won) AS won, sum(priced) AS priced, sum(amount) AS amount
    FROM counted
    GROUP BY key, currency
)
SELECT key, max(label), sum(leads)::bigint, sum(mql)::bigint, sum(sal)::bigint, sum(sql)::bigint,
    sum(opportunity)::bigint, sum(won)::bigint,
    json_object_agg(currency, amount::text ORDER BY currency) FILTER (WHERE priced > 0)::text
FROM summed
GROUP BY key
HAVING sum(leads) > 0
ORDER BY CASE WHEN %(in_order)s THEN key END, sum(leads) DESC, key
