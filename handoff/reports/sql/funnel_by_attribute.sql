-- The funnel by the values of one attribute. Nothing is kept ready for it: it reads every lead of the period once.
-- A lead with several choices counts in the row of each; one of which nothing is known, in the row without a key.
WITH counted AS (
    SELECT chosen.key, share.currency, share.leads, share.mql, share.sal, share.sql, share.opportunity, share.won,
        share.priced, share.amount
    FROM handoff_funnelshare share
    JOIN leads_lead lead ON lead.id = share.lead_id
    CROSS JOIN LATERAL (SELECT COALESCE(lead.attributes -> %(attribute)s, '""'::jsonb) AS value) stored
    CROSS JOIN LATERAL jsonb_array_elements_text(
        CASE jsonb_typeof(stored.value) WHEN 'array' THEN stored.value ELSE jsonb_build_array(stored.value) END
    ) AS chosen (key)
    WHERE share.counts AND share.created_at >= %(start)s AND share.created_at < %(end)s
), summed AS (
    SELECT key, currency, sum(leads) AS leads, sum(mql) AS mql, sum(sal) AS sal, sum(sql) AS sql,
        sum(opportunity) AS opportunity, sum(won) AS won, sum(priced) AS priced, sum(amount) AS amount
    FROM counted
    GROUP BY key, currency
)
SELECT key, sum(leads)::bigint, sum(mql)::bigint, sum(sal)::bigint, sum(sql)::bigint, sum(opportunity)::bigint,
    sum(won)::bigint, json_object_agg(currency, amount::text ORDER BY currency) FILTER (WHERE priced > 0)::text
FROM summed
GROUP BY key
HAVING sum(leads) > 0
ORDER BY sum(leads) DESC, key
