-- The database itself refuses to change or delete a row of the history.
CREATE OR REPLACE FUNCTION leads_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE TRIGGER leads_transition_append_only BEFORE UPDATE OR DELETE ON leads_transition
    FOR EACH ROW EXECUTE FUNCTION leads_refuse_change();
