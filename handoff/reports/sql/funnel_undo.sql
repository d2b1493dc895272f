-- A move that is taken back takes the stage that it reached out of the funnel again, unless another move reached it too. The
-- act that takes it back has counted for nothing.
CREATE OR REPLACE FUNCTION handoff_funnel_take_back() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    act leads_transition;
    lead leads_lead;
BEGIN
    SELECT * INTO act FROM leads_transition WHERE id = NEW.act_id;
    IF act.verb = 'undo' OR act.from_state = act.to_state
        OR act.to_state NOT IN ('mql', 'sal', 'sql', 'opportunity') THEN
        RETURN NULL;
    END IF;
    SELECT * INTO lead FROM leads_lead WHERE id = act.lead_id FOR NO KEY UPDATE;
    IF lead.merged_into_id IS NULL AND NOT EXISTS (
        SELECT FROM leads_transition
        WHERE lead_id = act.lead_id AND to_state = act.to_state AND from_state <> to_state
            AND NOT EXISTS (SELECT FROM leads_takenback WHERE act_id = leads_transition.id)
    ) THEN
        INSERT INTO handoff_funneldelta (month, campaign_id, source, currency,
            leads, mql, sal, sql, opportunity, won, priced, amount)
        VALUES (date_trunc('month', lead.created_at AT TIME ZONE 'UTC'), COALESCE(lead.campaign_id, 0), lead.source, '',
            0, -(act.to_state = 'mql')::int, -(act.to_state = 'sal')::int, -(act.to_state = 'sql')::int,
            -(act.to_state = 'opportunity')::int, 0, 0, 0);
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER handoff_funnel_taken_back AFTER INSERT ON leads_takenback
    FOR EACH ROW EXECUTE FUNCTION handoff_funnel_take_back();
