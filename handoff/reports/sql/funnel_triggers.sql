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

-- Leads are captured, or deleted before they had a history. The triggers of what is written in bulk are of statements: a
-- file of leads adds a few deltas, and not one for each of them.
CREATE OR REPLACE FUNCTION handoff_funnel_leads() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE sign int := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
    INSERT INTO handoff_funneldelta (month, campaign_id, source, currency,
        leads, mql, sal, sql, opportunity, won, priced, amount)
    SELECT date_trunc('month', created_at AT TIME ZONE 'UTC'), COALESCE(campaign_id, 0), source, '',
        sign * count(*), 0, 0, 0, 0, 0, 0, 0
    FROM changed WHERE merged_into_id IS NULL GROUP BY 1, 2, 3;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER handoff_funnel_captured AFTER INSERT ON leads_lead
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION handoff_funnel_leads();
CREATE OR REPLACE TRIGGER handoff_funnel_removed AFTER DELETE ON leads_lead
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION handoff_funnel_leads();

-- A lead is moved to another campaign, source or month, or is merged.
CREATE OR REPLACE FUNCTION handoff_funnel_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.merged_into_id IS NULL THEN
        INSERT INTO handoff_funneldelta (month, campaign_id, source, currency,
            leads, mql, sal, sql, opportunity, won, priced, amount)
        SELECT date_trunc('month', OLD.created_at AT TIME ZONE 'UTC'), COALESCE(OLD.campaign_id, 0), OLD.source,
            currency, -leads, -mql, -sal, -sql, -opportunity, -won, -priced, -amount
        FROM handoff_funnelshare WHERE lead_id = OLD.id;
    END IF;
    IF NEW.merged_into_id IS NULL THEN
        INSERT INTO handoff_funneldelta (month, campaign_id, source, currency,
            leads, mql, sal, sql, opportunity, won, priced, amount)
        SELECT month, campaign_id, source, currency, leads, mql, sal, sql, opportunity, won, priced, amount
        FROM handoff_funnelshare WHERE lead_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER handoff_funnel_moved
    AFTER UPDATE OF campaign_id, source, created_at, merged_into_id ON leads_lead
    FOR EACH ROW WHEN ((OLD.campaign_id, OLD.source, OLD.created_at, OLD.merged_into_id)
        IS DISTINCT FROM (NEW.campaign_id, NEW.source, NEW.created_at, NEW.merged_into_id))
    EXECUTE FUNCTION handoff_funnel_lead();

-- A move brings a lead to a stage for the first time: the history then has no more moves to it than were just written. It
-- is counted under the lead's lock, that the verb already holds, so that of two moves to one stage the second sees the
-- first. The count is a subquery of its own, as a join could be planned to read the whole history.
CREATE OR REPLACE FUNCTION handoff_funnel_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE moved bigint[];
BEGIN
    SELECT array_agg(DISTINCT lead_id) INTO moved FROM written
    WHERE from_state <> to_state AND to_state IN ('mql', 'sal', 'sql', 'opportunity') AND verb <> 'undo';
    IF moved IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM FROM leads_lead WHERE id = ANY(moved) ORDER BY id FOR NO KEY UPDATE;
    INSERT INTO handoff_funneldelta (month, campaign_id, source, currency,
        leads, mql, sal, sql, opportunity, won, priced, amount)
    SELECT date_trunc('month', lead.created_at AT TIME ZONE 'UTC'), COALESCE(lead.campaign_id, 0), lead.source, '', 0,
        count(*) FILTER (WHERE stage = 'mql'), count(*) FILTER (WHERE stage = 'sal'),
        count(*) FILTER (WHERE stage = 'sql'), count(*) FILTER (WHERE stage = 'opportunity'), 0, 0, 0
    FROM (
        SELECT lead_id, to_state AS stage, count(*) AS moves FROM written
        WHERE from_state <> to_state AND to_state IN ('mql', 'sal', 'sql', 'opportunity')
        GROUP BY lead_id, to_state HAVING bool_or(verb <> 'undo')
    ) reached JOIN leads_lead lead ON lead.id = reached.lead_id
    WHERE lead.merged_into_id IS NULL AND reached.moves = (
        SELECT count(*) FROM leads_transition
        WHERE lead_id = reached.lead_id AND to_state = reached.stage AND from_state <> to_state
            AND NOT EXISTS (SELECT FROM leads_takenback WHERE act_id = leads_transition.id)
    )
    GROUP BY 1, 2, 3;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER handoff_funnel_reached AFTER INSERT ON leads_transition
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION handoff_funnel_moves();

-- Deals are won when they are written. The lead counts as won once, with its first deal, and the amount with each.
CREATE OR REPLACE FUNCTION handoff_funnel_deals() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE winners bigint[];
BEGIN
    SELECT array_agg(DISTINCT lead_id) INTO winners FROM written WHERE state = 'won';
    IF winners IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM FROM leads_lead WHERE id = ANY(winners) ORDER BY id FOR NO KEY UPDATE;
    INSERT INTO handoff_funneldelta (month, campaign_id, source, currency,
        leads, mql, sal, sql, opportunity, won, priced, amount)
    SELECT date_trunc('month', lead.created_at AT TIME ZONE 'UTC'), COALESCE(lead.campaign_id, 0), lead.source, '',
        0, 0, 0, 0, 0, count(*), 0, 0
    FROM (SELECT lead_id, count(*) AS deals FROM written WHERE state = 'won' GROUP BY lead_id) won
    JOIN leads_lead lead ON lead.id = won.lead_id
    WHERE lead.merged_into_id IS NULL AND won.deals =
        (SELECT count(*) FROM leads_opportunity WHERE lead_id = won.lead_id AND state = 'won')
    GROUP BY 1, 2, 3
    UNION ALL
    SELECT date_trunc('month', lead.created_at AT TIME ZONE 'UTC'), COALESCE(lead.campaign_id, 0), lead.source,
        deal.currency, 0, 0, 0, 0, 0, 0, count(*), sum(deal.amount)
    FROM written deal JOIN leads_lead lead ON lead.id = deal.lead_id
    WHERE lead.merged_into_id IS NULL AND deal.state = 'won' AND deal.amount IS NOT NULL
    GROUP BY 1, 2, 3, 4;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER handoff_funnel_sold AFTER INSERT ON leads_opportunity
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION handoff_funnel_deals();

-- A deal is won later, is lost after all, its amount is corrected, or it goes to another lead. It is judged before it is
-- written, and under the lead's lock: of two deals that one statement or two transactions change, the second sees the
-- first.
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
    PERFORM handoff_funnel_deal_adds(OLD, -1);
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    PERFORM handoff_funnel_deal_adds(NEW, 1);
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER handoff_funnel_deal BEFORE UPDATE OR DELETE ON leads_opportunity
    FOR EACH ROW EXECUTE FUNCTION handoff_funnel_deal();
DROP FUNCTION IF EXISTS handoff_funnel_move();
