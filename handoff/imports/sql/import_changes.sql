-- What an import makes and changes is noted by the database itself, in the transaction that does it. An import says its
-- number in the setting handoff.import; without it, as in every other transaction, nothing is noted.

-- Acts and consents cannot change, nor can the packet of a handoff: nobody will ask how they were. The branches are for
-- tables without a column lead_id: a plan is made for those that are reached.
CREATE OR REPLACE FUNCTION handoff_import_notes_inserts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE import_id bigint := current_setting('handoff.import')::bigint;
BEGIN
    IF TG_TABLE_NAME IN ('leads_transition', 'leads_consent') THEN
        INSERT INTO handoff_importchange (of_import_id, "table", row_id, lead_id, is_new)
        SELECT import_id, TG_TABLE_NAME, id, lead_id, true FROM inserted;
    ELSIF TG_TABLE_NAME = 'leads_lead' THEN
        INSERT INTO handoff_importchange (of_import_id, "table", row_id, lead_id, is_new, after)
        SELECT import_id, TG_TABLE_NAME, id, id, true, to_jsonb(inserted) FROM inserted;
    ELSIF TG_TABLE_NAME = 'leads_campaign' THEN
        INSERT INTO handoff_importchange (of_import_id, "table", row_id, is_new, after)
        SELECT import_id, TG_TABLE_NAME, id, true, to_jsonb(inserted) FROM inserted;
    ELSIF TG_TABLE_NAME = 'handoff_handoff' THEN
        INSERT INTO handoff_importchange (of_import_id, "table", row_id, lead_id, is_new, after)
        SELECT import_id, TG_TABLE_NAME, id, lead_id, true, to_jsonb(inserted) - 'packet' FROM inserted;
    ELSE
        INSERT INTO handoff_importchange (of_import_id, "table", row_id, lead_id, is_new, after)
        SELECT import_id, TG_TABLE_NAME, id, lead_id, true, to_jsonb(inserted) FROM inserted;
    END IF;
    RETURN NULL;
END $$;

-- Of a changed row the columns that differ. Each row is made JSON once and gone through once: that costs more than the
-- change itself. What a scoring model makes of a lead is left out, and its score is what was stated: see as_stated.sql.
CREATE OR REPLACE FUNCTION handoff_import_differing(was jsonb, is_now jsonb) RETURNS TABLE (before jsonb, after jsonb)
LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_object_agg(key, value), jsonb_object_agg(key, is_now -> key) FROM jsonb_each(was)
    WHERE value IS DISTINCT FROM is_now -> key AND key NOT IN ('stated_score', 'fit_grade', 'scored_at', 'scored_by_id')
    HAVING bool_or(key <> 'updated_at')
$$;
CREATE OR REPLACE FUNCTION handoff_import_notes_updates() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE import_id bigint := current_setting('handoff.import')::bigint;
BEGIN
    IF TG_TABLE_NAME = 'leads_lead' THEN
        INSERT INTO handoff_importchange (of_import_id, "table", row_id, lead_id, is_new, before, after)
        SELECT import_id, TG_TABLE_NAME, each_row.id, each_row.id, false, differing.before, differing.after
        FROM (
            SELECT after_it.id, to_jsonb(before_it) || CASE WHEN before_it.scored_by_id IS NULL THEN '{}'
                    ELSE jsonb_build_object('score', before_it.stated_score) END AS was,
                to_jsonb(after_it) || CASE WHEN after_it.scored_by_id IS NULL THEN '{}'
                    ELSE jsonb_build_object('score', after_it.stated_score) END AS is_now
            FROM before_it JOIN after_it ON before_it.id = after_it.id
            OFFSET 0  -- else each mention would make them again
        ) AS each_row CROSS JOIN LATERAL handoff_import_differing(was, is_now) AS differing;
    ELSE
        INSERT INTO handoff_importchange (of_import_id, "table", row_id, lead_id, is_new, before, after)
        SELECT import_id, TG_TABLE_NAME, (is_now ->> 'id')::bigint, (is_now ->> 'lead_id')::bigint, false,
            differing.before, differing.after
        FROM (
            SELECT to_jsonb(before_it) AS was, to_jsonb(after_it) AS is_now
            FROM before_it JOIN after_it ON before_it.id = after_it.id
            OFFSET 0
        ) AS each_row CROSS JOIN LATERAL handoff_import_differing(was, is_now) AS differing;
    END IF;
    RETURN NULL;
END $$;

-- Most notes have two to four kilobytes: to compress them would take longer than to write them, and they go after some days.
ALTER TABLE handoff_importchange SET (toast_tuple_target = 8160);

-- Acts and consents are append-only: of them there is only what was written.
DO $$
DECLARE named text;
BEGIN
    FOREACH named IN ARRAY ARRAY['leads_lead', 'leads_externalid', 'leads_touch', 'leads_touchpoint', 'leads_consent',
        'leads_opportunity', 'leads_campaign', 'leads_transition', 'handoff_handoff', 'handoff_rejection']
    LOOP
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER import_notes_inserts AFTER INSERT ON %I REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT
            WHEN (current_setting(''handoff.import'', true) <> '''') EXECUTE FUNCTION handoff_import_notes_inserts()',
            named);
        CONTINUE WHEN named IN ('leads_consent', 'leads_transition');
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER import_notes_updates AFTER UPDATE ON %I
            REFERENCING OLD TABLE AS before_it NEW TABLE AS after_it FOR EACH STATEMENT
            WHEN (current_setting(''handoff.import'', true) <> '''') EXECUTE FUNCTION handoff_import_notes_updates()',
            named);
    END LOOP;
END $$;
