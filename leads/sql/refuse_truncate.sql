-- TRUNCATE is refused too, which the triggers for each row do not see, unless the options of the session say that it is
-- meant. A role that may only read and write rows may not TRUNCATE at all, whatever it sets.
CREATE OR REPLACE FUNCTION leads_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('handoff.allow_truncate', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER leads_transition_no_truncate BEFORE TRUNCATE ON leads_transition
    FOR EACH STATEMENT EXECUTE FUNCTION leads_refuse_truncate();
