-- An act of undoing names the act that it takes back. From then on neither of the two counts: here the database itself says so,
-- in the transaction of that act, so that no door can write the one without the other. The key of the table lets an act be
-- taken back once.
CREATE OR REPLACE FUNCTION leads_take_back() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE written int;
BEGIN
    INSERT INTO leads_takenback (act_id, undo_id) -- in one statement: the triggers of that table see both
    SELECT id, NEW.id FROM leads_transition
    WHERE lead_id = NEW.lead_id AND (id = NEW.id OR (id = (NEW.facts ->> 'transition')::bigint AND verb <> 'undo'));
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written <> 2 THEN
        RAISE EXCEPTION 'act % takes back no act of its lead', NEW.id USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER leads_transition_take_back AFTER INSERT ON leads_transition
    FOR EACH ROW WHEN (NEW.verb = 'undo') EXECUTE FUNCTION leads_take_back();

CREATE OR REPLACE FUNCTION leads_keep_taken_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE TRIGGER leads_takenback_append_only BEFORE UPDATE OR DELETE ON leads_takenback
    FOR EACH ROW EXECUTE FUNCTION leads_keep_taken_back();
