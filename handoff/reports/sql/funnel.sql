-- How many of all leads reached which stage, and what was won with them, by source, campaign or month of capture, from
-- the figures that are kept ready.
-- The figures are kept by months of UTC. By months of a firm in another zone, the leads that were captured at the turn
-- of a month are taken from the one and added to the other.
WITH turn AS MATERIALIZED (
    SELECT LEAST(utc, local) AS start, GREATEST(utc, local) AS until
    FROM (
        SELECT month AT TIME ZONE 'UTC' AS utc, month AT TIME ZONE firm.time_zone AS local
        FROM handoff_firm firm, (
            SELECT DISTINCT month + extra * interval '1 month' AS month
            FROM handoff_funnelcount, generate_series(0, 1) extra
            UNION SELECT month + extra * interval '1 month'
            FROM handoff_funneldelta, generate_series(0, 1) extra
        ) kept
    ) bounds
    WHERE %(by)s = 'month' AND utc <> local
), turned AS (
    SELECT share.*, date_trunc('month', share.created_at AT TIME ZONE firm.time_zone)::date AS local
    FROM handoff_firm firm, turn JOIN handoff_funnelshare share
        ON share.created_at >= turn.start AND share.created_at < turn.until
    WHERE share.counts
), counted AS (
    SELECT month, campaign_id, source, currency, leads, mql, sal, sql, opportunity, won, priced, amount
    FROM handoff_funnelcount
    UNION ALL
    SELECT month, campaign_id, source, currency, leads, mql, sal, sql, opportunity, won, priced, amount
    FROM handoff_funneldelta
    UNION ALL
    SELECT local, campaign_id, source, currency, leads, mql, sal, sql, opportunity, won, priced, amount FROM turned
    UNION ALL
    SELECT month, campaign_id, source, currency, -leads, -mql, -sal, -sql, -opportunity, -won, -priced, -amount
    FROM turned
), keyed AS (
    SELECT counted.*, CASE %(by)s
            WHEN 'source' THEN counted.source
            WHEN 'campaign' THEN COALESCE(campaign.name, '')
            WHEN 'month' THEN to_char(counted.month, 'YYYY-MM')
        END AS key
    FROM counted LEFT JOIN leads_campaign campaign ON campaign.id = counted.campaign_id
), summed AS (
    SELECT key, currency, sum(leads) AS leads, sum(mql) AS mql, sum(sal) AS sal, sum(sql) AS sql,
        sum(opportunity) AS opportunity, sum(won) AS won, sum(priced) AS priced, sum(amount) AS amount
    FROM keyed
    GROUP BY key, currency
)
SELECT key, sum(leads)::bigint, sum(mql)::bigint, sum(sal)::bigint, sum(sql)::bigint, sum(opportunity)::bigint,
    sum(won)::bigint, json_object_agg(currency, amount::text ORDER BY currency) FILTER (WHERE priced > 0)::text
FROM summed
GROUP BY key
HAVING sum(leads) > 0
ORDER BY CASE WHEN %(by)s = 'month' THEN key END, sum(leads) DESC, key
