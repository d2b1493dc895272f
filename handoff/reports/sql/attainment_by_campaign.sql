-- The attainment of all clocks by campaign, from the figures that are kept ready: the counts say in which bucket of times
-- a percentile lies, and the clocks of that bucket what it is, between two neighbours if need be. What is overdue is
-- counted now. Campaigns of one name are one, identified by the `first` of them.
WITH campaign AS MATERIALIZED (
    SELECT id, key, min(id) OVER (PARTITION BY key) AS first
    FROM (SELECT id, name AS key FROM leads_campaign UNION ALL SELECT 0, '') named
), kept AS MATERIALIZED (
    SELECT first, figure, bucket, sum(n)::int AS n
    FROM (
        SELECT campaign_id, figure, bucket, n FROM handoff_attainmentcount WHERE metric = %(metric)s
        UNION ALL SELECT campaign_id, figure, bucket, n FROM handoff_attainmentdelta WHERE metric = %(metric)s
    ) figures JOIN campaign ON campaign.id = campaign_id
    GROUP BY first, figure, bucket
), wanted AS (
    SELECT first, figure, share, share * (sum(n) - 1) AS rank, floor(share * (sum(n) - 1)) AS low,
        ceil(share * (sum(n) - 1)) AS high
    FROM kept, unnest(ARRAY[0.5, 0.9]::float[]) share
    WHERE figure IN ('business', 'wall')
    GROUP BY first, figure, share
), bucket AS (
    SELECT first, figure, bucket, n, sum(n) OVER (PARTITION BY first, figure ORDER BY bucket) - n AS below
    FROM kept WHERE figure IN ('business', 'wall')
), place AS MATERIALIZED (
    SELECT first, figure, share, rank - low AS past, bucket, GREATEST(low - below, 0)::bigint AS skipped,
        LEAST(high - below, n - 1)::bigint + 1 AS until
    FROM wanted JOIN bucket USING (first, figure)
    WHERE below <= high AND below + n > low
), overdue AS MATERIALIZED (
    SELECT first, CASE WHEN excused_by_id IS NULL THEN 'breached' ELSE 'excused' END AS outcome, count(*)::int AS n
    FROM sla_clock clock JOIN handoff_countedclock counted ON counted.clock_id = clock.id
        JOIN campaign ON campaign.id = counted.campaign_id
    WHERE clock.metric = %(metric)s AND clock.stopped_at IS NULL AND clock.due_at < %(now)s
    GROUP BY 1, 2
), figures AS (
    SELECT first, figure, n, NULL::float AS share, NULL::float AS seconds
    FROM kept WHERE figure NOT IN ('business', 'wall')
    UNION ALL SELECT first, outcome, n, NULL, NULL FROM overdue
    UNION ALL SELECT first, 'overdue', n, NULL, NULL FROM overdue
    UNION ALL SELECT first, 'running', -n, NULL, NULL FROM overdue
    UNION ALL
    SELECT place.first, 'business', 0, share, min(seconds) + past * (max(seconds) - min(seconds))
    FROM place, LATERAL (
        SELECT business AS seconds
        FROM campaign JOIN handoff_countedclock counted ON counted.campaign_id = campaign.id
        WHERE campaign.first = place.first AND metric = %(metric)s AND handoff_bucket(business) = bucket
        ORDER BY business OFFSET skipped LIMIT until - skipped
    ) neighbours
    WHERE figure = 'business'
    GROUP BY place.first, share, past
    UNION ALL
    SELECT place.first, 'wall', 0, share, min(seconds) + past * (max(seconds) - min(seconds))
    FROM place, LATERAL (
        SELECT wall AS seconds
        FROM campaign JOIN handoff_countedclock counted ON counted.campaign_id = campaign.id
        WHERE campaign.first = place.first AND metric = %(metric)s AND handoff_bucket(wall) = bucket
        ORDER BY wall OFFSET skipped LIMIT until - skipped
    ) neighbours
    WHERE figure = 'wall'
    GROUP BY place.first, share, past
)
SELECT key, key, COALESCE(sum(n) FILTER (WHERE figure = 'met'), 0)::bigint,
    COALESCE(sum(n) FILTER (WHERE figure = 'breached'), 0)::bigint,
    COALESCE(sum(n) FILTER (WHERE figure = 'excused'), 0)::bigint,
    COALESCE(sum(n) FILTER (WHERE figure = 'cancelled'), 0)::bigint,
    COALESCE(sum(n) FILTER (WHERE figure = 'running'), 0)::bigint,
    COALESCE(sum(n) FILTER (WHERE figure = 'overdue'), 0)::bigint,
    COALESCE(sum(n) FILTER (WHERE figure = 'untimed'), 0)::bigint,
    array_agg(seconds ORDER BY share) FILTER (WHERE figure = 'business'),
    array_agg(seconds ORDER BY share) FILTER (WHERE figure = 'wall')
FROM figures JOIN campaign ON campaign.id = figures.first
GROUP BY key
HAVING sum(n) > 0
ORDER BY sum(n) FILTER (WHERE figure NOT IN ('overdue', 'untimed')) DESC, key
