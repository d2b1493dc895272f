-- The database itself refuses to change or delete a row of the history, but for those of an import that is being undone:
-- their numbers are on record, and the transaction that deletes them says which import it undoes.
CREATE OR REPLACE FUNCTION leads_is_undone(from_table text, row_number bigint, of_lead bigint) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM handoff_importchange noted JOIN handoff_import undone ON undone.id = noted.of_import_id
        WHERE noted.of_import_id = NULLIF(current_setting('handoff.undo', true), '')::bigint AND undone.state = 'undoing'
            AND noted."table" = from_table AND noted.row_id = row_number AND noted.lead_id = of_lead
    );
END $$;
CREATE OR REPLACE FUNCTION leads_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('handoff.undo', true) <> '' THEN
        IF leads_is_undone(TG_TABLE_NAME, OLD.id, OLD.lead_id) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE TRIGGER leads_transition_append_only BEFORE UPDATE OR DELETE ON leads_transition
    FOR EACH ROW EXECUTE FUNCTION leads_refuse_change();
