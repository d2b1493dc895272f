-- Whatever changes the funnel appends a delta to handoff_funneldelta, in its own transaction.

-- One row of what a lead adds or takes away: itself, a stage, a deal won, or the amount of it.
CREATE OR REPLACE FUNCTION handoff_funnel_add(lead leads_lead, leads int, stage text, won int DEFAULT 0,
    currency text DEFAULT '', priced int DEFAULT 0, amount numeric DEFAULT 0) RETURNS void LANGUAGE sql AS $$
    INSERT INTO handoff_funneldelta (month, campaign_id, source, currency,
        leads, mql, sal, sql, opportunity, won, priced, amount)
    VALUES (date_trunc('month', lead.created_at AT TIME ZONE 'UTC'), COALESCE(lead.campaign_id, 0), lead.source,
        currency, leads, (stage = 'mql')::int, (stage = 'sal')::int, (stage = 'sql')::int,
        (stage = 'opportunity')::int, won, priced, amount);
$$;

-- A lead is captured, is moved to another campaign, source or month, is merged, or is deleted before it had a history.
CREATE OR REPLACE FUNCTION handoff_funnel_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.merged_into_id IS NULL THEN
        INSERT INTO handoff_funneldelta (month, campaign_id, source, currency,
            leads, mql, sal, sql, opportunity, won, priced, amount)
        SELECT date_trunc('month', OLD.created_at AT TIME ZONE 'UTC'), COALESCE(OLD.campaign_id, 0), OLD.source,
            currency, -leads, -mql, -sal, -sql, -opportunity, -won, -priced, -amount
        FROM handoff_funnelshare WHERE lead_id = OLD.id;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.merged_into_id IS NULL THEN
        INSERT INTO handoff_funneldelta (month, campaign_id, source, currency,
            leads, mql, sal, sql, opportunity, won, priced, amount)
        SELECT month, campaign_id, source, currency, leads, mql, sal, sql, opportunity, won, priced, amount
        FROM handoff_funnelshare WHERE lead_id = NEW.id;
    END IF;
    IF TG_OP = 'INSERT' AND NEW.merged_into_id IS NULL THEN
        PERFORM handoff_funnel_add(NEW, 1, '');
    END IF;
    IF TG_OP = 'DELETE' AND OLD.merged_into_id IS NULL THEN
        PERFORM handoff_funnel_add(OLD, -1, '');
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER handoff_funnel_captured AFTER INSERT OR DELETE ON leads_lead
    FOR EACH ROW EXECUTE FUNCTION handoff_funnel_lead();
CREATE OR REPLACE TRIGGER handoff_funnel_moved
    AFTER UPDATE OF campaign_id, source, created_at, merged_into_id ON leads_lead
    FOR EACH ROW WHEN ((OLD.campaign_id, OLD.source, OLD.created_at, OLD.merged_into_id)
        IS DISTINCT FROM (NEW.campaign_id, NEW.source, NEW.created_at, NEW.merged_into_id))
    EXECUTE FUNCTION handoff_funnel_lead();

-- A move brings a lead to a stage for the first time. It is counted before the insert, and under the lead's lock that
-- the verb already holds, so that of two moves to one stage the second sees the first, also within one statement.
CREATE OR REPLACE FUNCTION handoff_funnel_move() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE lead leads_lead;
BEGIN
    SELECT * INTO lead FROM leads_lead WHERE id = NEW.lead_id FOR NO KEY UPDATE;
    IF lead.id IS NOT NULL AND lead.merged_into_id IS NULL AND NOT EXISTS (
        SELECT FROM leads_transition
        WHERE lead_id = NEW.lead_id AND to_state = NEW.to_state AND from_state <> to_state
            AND NOT EXISTS (SELECT FROM leads_takenback WHERE act_id = leads_transition.id)
    ) THEN
        PERFORM handoff_funnel_add(lead, 0, NEW.to_state);
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER handoff_funnel_reached BEFORE INSERT ON leads_transition
    FOR EACH ROW WHEN (NEW.from_state <> NEW.to_state AND NEW.to_state IN ('mql', 'sal', 'sql', 'opportunity')
        AND NEW.verb <> 'undo')
    EXECUTE FUNCTION handoff_funnel_move();

-- A deal is won, is lost after all, its amount is corrected, or it goes to another lead. The lead counts as won once,
-- with its first deal, and the amount with each. Like a move it is judged before it is written, and under the lead's lock:
-- of two deals that one statement or two transactions change, the second sees the first. So whatever inserts deals must
-- not pass over a conflict: it would be counted all the same.
CREATE OR REPLACE FUNCTION handoff_funnel_deal_adds(deal leads_opportunity, sign int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE lead leads_lead;
BEGIN
    IF deal.state <> 'won' THEN
        RETURN;
    END IF;
    SELECT * INTO lead FROM leads_lead WHERE id = deal.lead_id FOR NO KEY UPDATE;
    IF lead.merged_into_id IS NOT NULL THEN
        RETURN;
    END IF;
    IF NOT EXISTS (SELECT FROM leads_opportunity WHERE lead_id = lead.id AND state = 'won' AND id <> deal.id) THEN
        PERFORM handoff_funnel_add(lead, 0, '', sign);
    END IF;
    IF deal.amount IS NOT NULL THEN
        PERFORM handoff_funnel_add(lead, 0, '', 0, deal.currency, sign, sign * deal.amount);
    END IF;
END $$;
CREATE OR REPLACE FUNCTION handoff_funnel_deal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.lead_id, OLD.state, OLD.amount, OLD.currency)
        IS NOT DISTINCT FROM (NEW.lead_id, NEW.state, NEW.amount, NEW.currency) THEN
        RETURN NEW;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        PERFORM handoff_funnel_deal_adds(OLD, -1);
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    PERFORM handoff_funnel_deal_adds(NEW, 1);
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER handoff_funnel_deal BEFORE INSERT OR UPDATE OR DELETE ON leads_opportunity
    FOR EACH ROW EXECUTE FUNCTION handoff_funnel_deal();
