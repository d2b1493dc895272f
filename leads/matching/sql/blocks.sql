-- The keys of some leads, each with all leads that have it; none where they are too many to be told apart by it.
SELECT mine.lead_id, mine.value, block.leads, block.size
FROM leads_matchkey mine
CROSS JOIN LATERAL (
    SELECT CASE WHEN count(*) <= %(most)s THEN array_agg(lead_id) END AS leads, count(*) AS size
    FROM (SELECT lead_id FROM leads_matchkey WHERE value = mine.value LIMIT %(most)s + 1) one
) block
WHERE mine.lead_id = ANY(%(leads)s)
