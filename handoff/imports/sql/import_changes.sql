-- What an import makes and changes is noted by the database itself, in the transaction that does it. An import says its
-- number in the setting handoff.import; without it, as in every other transaction, nothing is noted.

CREATE OR REPLACE FUNCTION handoff_import_notes_inserts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO handoff_importchange (of_import_id, "table", row_id, lead_id, is_new, after)
    SELECT current_setting('handoff.import')::bigint, TG_TABLE_NAME, (is_now ->> 'id')::bigint,
        (is_now ->> CASE TG_TABLE_NAME WHEN 'leads_lead' THEN 'id' ELSE 'lead_id' END)::bigint, true, is_now
    FROM (SELECT to_jsonb(inserted) AS is_now FROM inserted) AS each_row;
    RETURN NULL;
END $$;

-- Of a changed row the columns that differ.
CREATE OR REPLACE FUNCTION handoff_import_notes_updates() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO handoff_importchange (of_import_id, "table", row_id, lead_id, is_new, before, after)
    SELECT current_setting('handoff.import')::bigint, TG_TABLE_NAME, (is_now ->> 'id')::bigint,
        (is_now ->> CASE TG_TABLE_NAME WHEN 'leads_lead' THEN 'id' ELSE 'lead_id' END)::bigint, false,
        (SELECT jsonb_object_agg(key, value) FROM jsonb_each(was) WHERE value IS DISTINCT FROM is_now -> key),
        (SELECT jsonb_object_agg(key, value) FROM jsonb_each(is_now) WHERE value IS DISTINCT FROM was -> key)
    FROM (
        SELECT to_jsonb(before_it) AS was, to_jsonb(after_it) AS is_now
        FROM before_it JOIN after_it ON before_it.id = after_it.id
    ) AS each_row
    WHERE was - 'updated_at' <> is_now - 'updated_at';
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER leads_lead_inserted_by_import AFTER INSERT ON leads_lead
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT
    WHEN (current_setting('handoff.import', true) <> '') EXECUTE FUNCTION handoff_import_notes_inserts();
CREATE OR REPLACE TRIGGER leads_lead_updated_by_import AFTER UPDATE ON leads_lead
    REFERENCING OLD TABLE AS before_it NEW TABLE AS after_it FOR EACH STATEMENT
    WHEN (current_setting('handoff.import', true) <> '') EXECUTE FUNCTION handoff_import_notes_updates();

CREATE OR REPLACE TRIGGER leads_externalid_inserted_by_import AFTER INSERT ON leads_externalid
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT
    WHEN (current_setting('handoff.import', true) <> '') EXECUTE FUNCTION handoff_import_notes_inserts();
CREATE OR REPLACE TRIGGER leads_externalid_updated_by_import AFTER UPDATE ON leads_externalid
    REFERENCING OLD TABLE AS before_it NEW TABLE AS after_it FOR EACH STATEMENT
    WHEN (current_setting('handoff.import', true) <> '') EXECUTE FUNCTION handoff_import_notes_updates();

CREATE OR REPLACE TRIGGER leads_touch_inserted_by_import AFTER INSERT ON leads_touch
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT
    WHEN (current_setting('handoff.import', true) <> '') EXECUTE FUNCTION handoff_import_notes_inserts();
CREATE OR REPLACE TRIGGER leads_touch_updated_by_import AFTER UPDATE ON leads_touch
    REFERENCING OLD TABLE AS before_it NEW TABLE AS after_it FOR EACH STATEMENT
    WHEN (current_setting('handoff.import', true) <> '') EXECUTE FUNCTION handoff_import_notes_updates();

CREATE OR REPLACE TRIGGER leads_touchpoint_inserted_by_import AFTER INSERT ON leads_touchpoint
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT
    WHEN (current_setting('handoff.import', true) <> '') EXECUTE FUNCTION handoff_import_notes_inserts();
CREATE OR REPLACE TRIGGER leads_touchpoint_updated_by_import AFTER UPDATE ON leads_touchpoint
    REFERENCING OLD TABLE AS before_it NEW TABLE AS after_it FOR EACH STATEMENT
    WHEN (current_setting('handoff.import', true) <> '') EXECUTE FUNCTION handoff_import_notes_updates();

CREATE OR REPLACE TRIGGER leads_consent_inserted_by_import AFTER INSERT ON leads_consent
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT
    WHEN (current_setting('handoff.import', true) <> '') EXECUTE FUNCTION handoff_import_notes_inserts();

CREATE OR REPLACE TRIGGER leads_opportunity_inserted_by_import AFTER INSERT ON leads_opportunity
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT
    WHEN (current_setting('handoff.import', true) <> '') EXECUTE FUNCTION handoff_import_notes_inserts();
CREATE OR REPLACE TRIGGER leads_opportunity_updated_by_import AFTER UPDATE ON leads_opportunity
    REFERENCING OLD TABLE AS before_it NEW TABLE AS after_it FOR EACH STATEMENT
    WHEN (current_setting('handoff.import', true) <> '') EXECUTE FUNCTION handoff_import_notes_updates();

CREATE OR REPLACE TRIGGER leads_campaign_inserted_by_import AFTER INSERT ON leads_campaign
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT
    WHEN (current_setting('handoff.import', true) <> '') EXECUTE FUNCTION handoff_import_notes_inserts();
CREATE OR REPLACE TRIGGER leads_campaign_updated_by_import AFTER UPDATE ON leads_campaign
    REFERENCING OLD TABLE AS before_it NEW TABLE AS after_it FOR EACH STATEMENT
    WHEN (current_setting('handoff.import', true) <> '') EXECUTE FUNCTION handoff_import_notes_updates();

CREATE OR REPLACE TRIGGER leads_transition_inserted_by_import AFTER INSERT ON leads_transition
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT
    WHEN (current_setting('handoff.import', true) <> '') EXECUTE FUNCTION handoff_import_notes_inserts();

CREATE OR REPLACE TRIGGER handoff_handoff_inserted_by_import AFTER INSERT ON handoff_handoff
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT
    WHEN (current_setting('handoff.import', true) <> '') EXECUTE FUNCTION handoff_import_notes_inserts();
CREATE OR REPLACE TRIGGER handoff_handoff_updated_by_import AFTER UPDATE ON handoff_handoff
    REFERENCING OLD TABLE AS before_it NEW TABLE AS after_it FOR EACH STATEMENT
    WHEN (current_setting('handoff.import', true) <> '') EXECUTE FUNCTION handoff_import_notes_updates();

CREATE OR REPLACE TRIGGER handoff_rejection_inserted_by_import AFTER INSERT ON handoff_rejection
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT
    WHEN (current_setting('handoff.import', true) <> '') EXECUTE FUNCTION handoff_import_notes_inserts();
CREATE OR REPLACE TRIGGER handoff_rejection_updated_by_import AFTER UPDATE ON handoff_rejection
    REFERENCING OLD TABLE AS before_it NEW TABLE AS after_it FOR EACH STATEMENT
    WHEN (current_setting('handoff.import', true) <> '') EXECUTE FUNCTION handoff_import_notes_updates();
