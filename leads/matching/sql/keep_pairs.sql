-- What is decided stays so. Two that had ceased to be alike, and are so again, are suggested again.
INSERT INTO leads_possibleduplicate AS pair (first_id, second_id, score, reasons, state, created_at)
SELECT first, second, score, reasons, 'open', now()
FROM json_to_recordset(%(pairs)s) AS suggested (first bigint, second bigint, score smallint, reasons text[])
ON CONFLICT (first_id, second_id) DO UPDATE SET score = EXCLUDED.score, reasons = EXCLUDED.reasons, state = 'open'
WHERE pair.state IN ('open', 'superseded')
    AND (pair.score, pair.reasons, pair.state) IS DISTINCT FROM (EXCLUDED.score, EXCLUDED.reasons, 'open')
