-- The years before and after all that reports count, each as one span, for each of these questions.
INSERT INTO handoff_reportspan (question_id, first, until, figures, runs)
SELECT question.id, year.first, year.until, '[]', ''
FROM (
    SELECT (min(at) AT TIME ZONE %(zone)s)::date AS oldest, (max(at) AT TIME ZONE %(zone)s)::date AS newest
    FROM handoff_reportmoment
) there,
unnest(%(questions)s::bigint[]) question (id),
unnest(%(firsts)s::date[], %(untils)s::date[]) year (first, until)
WHERE there.oldest IS NULL OR year.until <= there.oldest OR year.first > there.newest
ON CONFLICT DO NOTHING
