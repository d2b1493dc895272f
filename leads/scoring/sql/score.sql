-- Score leads by a model, and return those whose score, grade or model is another. Each is locked in the order of the ids;
-- one that somebody else has scored meanwhile stays as they left it.
WITH pointed AS ({points}),
behaviour AS (
    SELECT lead_id, sum(points)::int AS points
    FROM (
        SELECT lead_id, GREATEST(LEAST(sum(points), cap), -cap) AS points FROM pointed GROUP BY lead_id, key, cap
    ) of_rule
    GROUP BY lead_id
),
scored AS MATERIALIZED (
    SELECT lead.id, lead.scored_at, fit.points AS fit, fit.points + COALESCE(behaviour.points, 0) AS score,
        {excluded} AS is_excluded
    FROM {leads}
    LEFT JOIN behaviour ON behaviour.lead_id = lead.id
    CROSS JOIN LATERAL (SELECT {fit} AS points) fit
    WHERE {scope}
),
graded AS (
    SELECT id, scored_at, score, CASE
        WHEN is_excluded THEN 'X'
        WHEN fit >= %s THEN 'A'
        WHEN fit >= %s THEN 'B'
        WHEN fit >= %s THEN 'C'
        ELSE 'D'
    END AS grade
    FROM scored
),
held AS MATERIALIZED (
    SELECT lead.id, graded.score, graded.grade
    FROM graded JOIN leads_lead lead ON lead.id = graded.id
    WHERE lead.scored_at IS NOT DISTINCT FROM graded.scored_at AND {wanted}
    ORDER BY lead.id
    FOR NO KEY UPDATE OF lead
)
UPDATE leads_lead lead SET
    stated_score = CASE WHEN lead.scored_by_id IS NULL THEN lead.score ELSE lead.stated_score END,
    score = held.score, fit_grade = held.grade, scored_at = %s, scored_by_id = %s
FROM held WHERE lead.id = held.id
RETURNING lead.id, lead.score, lead.stated_score, lead.fit_grade
