-- Remove the figures of the days at which something has changed, and of the months and years in which they are, for all
-- questions. What is committed meanwhile has marks of its own, for the next time.
WITH taken AS (DELETE FROM handoff_reportmark RETURNING lead_id, at), stale AS MATERIALIZED (
    SELECT (at AT TIME ZONE %(zone)s)::date AS day FROM taken WHERE at IS NOT NULL
    UNION
    SELECT (moment.at AT TIME ZONE %(zone)s)::date
    FROM (SELECT DISTINCT lead_id FROM taken) lead JOIN handoff_reportmoment moment USING (lead_id)
    WHERE moment.at IS NOT NULL
), concerned (first, until) AS MATERIALIZED (
    SELECT day, day + 1 FROM stale
    UNION SELECT date_trunc('month', day)::date, (date_trunc('month', day) + interval '1 month')::date FROM stale
    UNION SELECT date_trunc('year', day)::date, (date_trunc('year', day) + interval '1 year')::date FROM stale
    UNION SELECT '0001-01-01'::date, '2000-01-01'::date FROM stale WHERE day < '2000-01-01'
    UNION SELECT '2060-01-01'::date, '9999-12-31'::date FROM stale WHERE day >= '2060-01-01'
), is_any AS (SELECT EXISTS (SELECT FROM taken WHERE lead_id IS NULL AND at IS NULL) AS day)
DELETE FROM handoff_reportspan span
WHERE (SELECT day FROM is_any) OR span.id IN (
    SELECT id FROM concerned JOIN handoff_reportspan kept USING (first, until)
)
