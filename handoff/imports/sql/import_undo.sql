-- A stage that a lead has not reached after all leaves the funnel, unless another move than this one reached it too.
CREATE OR REPLACE FUNCTION handoff_funnel_unreach(moved_lead bigint, stage text, move bigint)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE lead leads_lead;
BEGIN
    SELECT * INTO lead FROM leads_lead WHERE id = moved_lead FOR NO KEY UPDATE;
    IF lead.id IS NOT NULL AND lead.merged_into_id IS NULL AND NOT EXISTS (
        SELECT FROM leads_transition
        WHERE lead_id = moved_lead AND to_state = stage AND from_state <> to_state AND id <> move
            AND NOT EXISTS (SELECT FROM leads_takenback WHERE act_id = leads_transition.id)
    ) THEN
        INSERT INTO handoff_funneldelta (month, campaign_id, source, currency,
            leads, mql, sal, sql, opportunity, won, priced, amount)
        VALUES (date_trunc('month', lead.created_at AT TIME ZONE 'UTC'), COALESCE(lead.campaign_id, 0), lead.source, '',
            0, -(stage = 'mql')::int, -(stage = 'sal')::int, -(stage = 'sql')::int,
            -(stage = 'opportunity')::int, 0, 0, 0);
    END IF;
END $$;

CREATE OR REPLACE FUNCTION handoff_funnel_unmove() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM handoff_funnel_unreach(OLD.lead_id, OLD.to_state, OLD.id);
    RETURN OLD;
END $$;
CREATE OR REPLACE TRIGGER handoff_funnel_unreached BEFORE DELETE ON leads_transition
    FOR EACH ROW WHEN (OLD.from_state <> OLD.to_state AND OLD.to_state IN ('mql', 'sal', 'sql', 'opportunity'))
    EXECUTE FUNCTION handoff_funnel_unmove();
