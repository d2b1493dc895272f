-- Score leads by a model, and return those whose score, grade or model is another. Each is locked in the order of the ids;
-- one that somebody else has scored meanwhile stays as they left it. The scope is repeated for each table, as PostgreSQL
-- would read all leads for the few of a part otherwise.
WITH pointed AS ({points}),
behaviour AS (
    SELECT lead_id, sum(points)::int AS points
    FROM (
        SELECT lead_id, GREATEST(LEAST(sum(points), cap), -cap) AS points FROM pointed GROUP BY lead_id, key, cap
    ) of_rule
    GROUP BY lead_id
),
scored AS MATERIALIZED (
    SELECT lead.id, lead.scored_at, lead.score AS score_before, lead.fit_grade AS grade_before, lead.scored_by_id,
        fit.points AS fit, fit.points + COALESCE(behaviour.points, 0) AS score,
        {excluded} AS is_excluded
    FROM {leads}
    LEFT JOIN behaviour ON behaviour.lead_id = lead.id
    CROSS JOIN LATERAL (SELECT {fit} AS points) fit
    WHERE {scope}
),
graded AS (
    SELECT id, scored_at, score, score_before, grade_before, scored_by_id, CASE
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
    WHERE lead.scored_at IS NOT DISTINCT FROM graded.scored_at AND {scope} AND {wanted}
    ORDER BY lead.id
    FOR NO KEY UPDATE OF lead
)
UPDATE leads_lead lead SET
    stated_score = CASE WHEN lead.scored_by_id IS NULL THEN lead.score ELSE lead.stated_score END,
    score = held.score, fit_grade = held.grade, scored_at = %s, scored_by_id = %s
FROM held WHERE lead.id = held.id AND {scope}
RETURNING lead.id, lead.score, lead.stated_score, lead.fit_grade
