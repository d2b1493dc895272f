-- How many buyers came in, and how often those who were known came back, by source, campaign or month.
-- What was captured again is a duplicate; at the moment of the first capture it is what a new buyer wrote. It is new
-- intent, like a form, a reply or a meeting, if it came later than the first capture. Each was kept once, however often
-- it was sent.
WITH counted AS (
    SELECT source, campaign_id, created_at AS at, 1 AS leads, 0 AS duplicates, 0 AS new_intent
    FROM leads_lead
    WHERE merged_into_id IS NULL AND created_at >= %(start)s AND created_at < %(end)s
    UNION ALL
    SELECT point.source, point.campaign_id, point.at, 0,
        (point.kind = 'enquiry' AND point.at <> lead.created_at)::int, (point.at > lead.created_at)::int
    FROM leads_touchpoint point JOIN leads_lead lead ON lead.id = point.lead_id
    WHERE point.kind = ANY(%(kinds)s) AND point.at >= %(start)s AND point.at < %(end)s
), keyed AS (
    SELECT counted.*, CASE %(by)s
            WHEN 'source' THEN counted.source
            WHEN 'campaign' THEN COALESCE(campaign.name, '')
            WHEN 'month' THEN to_char(counted.at AT TIME ZONE 'UTC', 'YYYY-MM')
        END AS key
    FROM counted LEFT JOIN leads_campaign campaign ON campaign.id = counted.campaign_id
)
SELECT key, sum(leads)::bigint AS leads, sum(duplicates)::bigint, sum(new_intent)::bigint
FROM keyed
GROUP BY key
HAVING sum(leads) + sum(duplicates) + sum(new_intent) > 0
ORDER BY CASE WHEN %(by)s = 'month' THEN key END, sum(leads) DESC, key
