-- The leads that have each of these keys; none where they are too many to be told apart by it.
SELECT mine.value, block.leads, block.size
FROM unnest(%(values)s::bigint[]) AS mine (value)
CROSS JOIN LATERAL (
    SELECT CASE WHEN count(*) <= %(most)s THEN array_agg(lead_id) END AS leads, count(*) AS size
    FROM (SELECT lead_id FROM leads_matchkey WHERE value = mine.value LIMIT %(most)s + 1) one
) block
