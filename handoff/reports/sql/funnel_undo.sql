-- A move that is taken back counts for nothing, and so does the act that takes it back: see handoff_funnel_unreach.
CREATE OR REPLACE FUNCTION handoff_funnel_take_back() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE act leads_transition;
BEGIN
    SELECT * INTO act FROM leads_transition WHERE id = NEW.act_id;
    IF act.verb <> 'undo' AND act.from_state <> act.to_state
        AND act.to_state IN ('mql', 'sal', 'sql', 'opportunity') THEN
        PERFORM handoff_funnel_unreach(act.lead_id, act.to_state, act.id);
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER handoff_funnel_taken_back AFTER INSERT ON leads_takenback
    FOR EACH ROW EXECUTE FUNCTION handoff_funnel_take_back();
