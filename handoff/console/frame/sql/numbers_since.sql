-- The first number of a table whose rows are numbered as time goes by, that belongs to a moment or to a later one. It halves
-- the range of numbers with each step, so it costs the same for any moment, and the column needs no index.
WITH RECURSIVE halves (low, high) AS (
    SELECT COALESCE(min(id), 0), COALESCE(max(id) + 1, 0) FROM {table}
    UNION ALL
    SELECT CASE WHEN next.{column} < %(moment)s THEN next.id + 1 ELSE low END,
        CASE WHEN next.{column} < %(moment)s THEN high ELSE (low + high) / 2 END
    FROM halves CROSS JOIN LATERAL (
        SELECT id, {column} FROM {table} WHERE id >= (low + high) / 2 ORDER BY id LIMIT 1
    ) next
    WHERE low < high
)
SELECT low FROM halves WHERE low >= high
