-- A move that is undone takes the stage that it reached out of the funnel again, unless another move reached it too.
CREATE OR REPLACE FUNCTION handoff_funnel_unmove() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE lead leads_lead;
BEGIN
    SELECT * INTO lead FROM leads_lead WHERE id = OLD.lead_id FOR NO KEY UPDATE;
    IF lead.id IS NOT NULL AND lead.merged_into_id IS NULL AND NOT EXISTS (
        SELECT FROM leads_transition
        WHERE lead_id = OLD.lead_id AND to_state = OLD.to_state AND from_state <> to_state AND id <> OLD.id
            AND NOT EXISTS (SELECT FROM leads_takenback WHERE act_id = leads_transition.id)
    ) THEN
        INSERT INTO handoff_funneldelta (month, campaign_id, source, currency,
            leads, mql, sal, sql, opportunity, won, priced, amount)
        VALUES (date_trunc('month', lead.created_at AT TIME ZONE 'UTC'), COALESCE(lead.campaign_id, 0), lead.source, '',
            0, -(OLD.to_state = 'mql')::int, -(OLD.to_state = 'sal')::int, -(OLD.to_state = 'sql')::int,
            -(OLD.to_state = 'opportunity')::int, 0, 0, 0);
    END IF;
    RETURN OLD;
END $$;
CREATE OR REPLACE TRIGGER handoff_funnel_unreached BEFORE DELETE ON leads_transition
    FOR EACH ROW WHEN (OLD.from_state <> OLD.to_state AND OLD.to_state IN ('mql', 'sal', 'sql', 'opportunity'))
    EXECUTE FUNCTION handoff_funnel_unmove();
