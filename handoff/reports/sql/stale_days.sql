-- The days of the firm at which something has changed since figures were kept. Where that may be any day, or so much has
-- changed that all is better counted from the tables, one of them is NULL.
WITH mark AS MATERIALIZED (SELECT lead_id, at FROM handoff_reportmark LIMIT 5001), lead AS (
    SELECT DISTINCT lead_id FROM mark WHERE lead_id IS NOT NULL
)
SELECT NULL::date
WHERE (SELECT count(*) > 5000 OR bool_or(lead_id IS NULL AND at IS NULL) FROM mark)
UNION
SELECT (at AT TIME ZONE %(zone)s)::date FROM mark WHERE at IS NOT NULL
UNION
SELECT (moment.at AT TIME ZONE %(zone)s)::date
FROM lead, LATERAL (SELECT at FROM handoff_reportmoment WHERE lead_id = lead.lead_id AND at IS NOT NULL OFFSET 0) moment
WHERE (SELECT count(*) <= 5000 FROM mark)
