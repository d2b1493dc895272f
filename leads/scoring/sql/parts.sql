-- What each touchpoint adds to the score of its lead. Where a rule has a cap, the newest count first; what is over it adds 0.
SELECT lead_id, id, key, kind, at,
    CASE WHEN cap IS NULL THEN points
    ELSE sign(points)::int * GREATEST(0, LEAST(abs(points), cap - (sum(abs(points)) OVER earlier - abs(points))))::int
    END AS points,
    points AS uncapped
FROM ({points}) pointed
WINDOW earlier AS (PARTITION BY lead_id, key ORDER BY at DESC, id DESC)
ORDER BY lead_id, at DESC, id DESC, abs(points) DESC, key
