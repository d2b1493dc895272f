-- A lead as people and systems have stated it: without what a scoring model makes of that, which changes by itself.
CREATE OR REPLACE FUNCTION leads_as_stated(lead jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT (CASE
        WHEN lead ->> 'scored_by_id' IS NULL THEN lead
        ELSE lead || jsonb_build_object('score', lead -> 'stated_score')
    END) - ARRAY['stated_score', 'fit_grade', 'scored_at', 'scored_by_id']
$$;
