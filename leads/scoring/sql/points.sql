-- Of each touchpoint the whole points that a rule gives for it: they halve with every half-life, and a half is rounded away
-- from zero, which is not done by way of a numeric, as that takes longer than all the rest. A touchpoint that is dated ahead
-- has all its points.
SELECT point.lead_id, rule.key, rule.cap, point.id, point.kind, point.at,
    trunc(rule.points * CASE
        WHEN rule.half_life IS NULL THEN 1
        ELSE power(0.5::float8, GREATEST(0, date_part('epoch', {moment} - point.at)) / (86400.0::float8 * rule.half_life))
    END + 0.5::float8 * sign(rule.points))::int AS points
FROM {rows}
JOIN jsonb_to_recordset(%s) AS rule (key text, kind text, points int, half_life int, cap int) ON rule.kind = point.kind
WHERE {scope}
