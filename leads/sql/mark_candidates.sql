-- A raw lead that changes, or whose buyer does something, through whatever door, is marked in the same transaction where
-- a definition promotes by itself, or would once it is signed: a worker then judges it. The mark waits for nobody.
-- Not in plain SQL, which would be planned again for each statement that changes leads.
CREATE OR REPLACE FUNCTION leads_some_definition_promotes() RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN COALESCE((
        SELECT promotes FROM leads_definition WHERE stage = 'mql' AND (promotes OR active_from IS NOT NULL)
        ORDER BY active_from DESC NULLS FIRST, version DESC LIMIT 1  -- the drafts that would, else the one in force
    ), FALSE);
END $$;

-- Wakes the promoter. A NOTIFY takes a lock of the whole cluster at commit, so of several transactions at once one sends it,
-- and no touchpoint of a busy hour waits for another: the promoter looks by itself for what the others have marked.
CREATE OR REPLACE FUNCTION leads_mark_candidates(lead_ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF pg_try_advisory_xact_lock(hashtext('leads_candidate_due')) THEN
        NOTIFY leads_candidate_due;
    END IF;
    INSERT INTO leads_candidate (lead_id) SELECT unnest(lead_ids);
END $$;

CREATE OR REPLACE FUNCTION leads_mark_new_candidates() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE raw bigint[];
BEGIN
    IF leads_some_definition_promotes() THEN
        SELECT array_agg(id) INTO raw FROM captured WHERE state = 'raw';
        IF raw IS NOT NULL THEN
            PERFORM leads_mark_candidates(raw);
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION leads_mark_candidate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF leads_some_definition_promotes() THEN
        PERFORM leads_mark_candidates(ARRAY[NEW.id]);
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION leads_mark_candidates_of_touchpoints() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE raw bigint[];
BEGIN
    IF leads_some_definition_promotes() THEN
        -- As an array: a plan that was kept from a file of many touchpoints must not read the whole table for one.
        SELECT array_agg(id) INTO raw FROM leads_lead
        WHERE id = ANY(ARRAY(SELECT lead_id FROM recorded)) AND state = 'raw';
        IF raw IS NOT NULL THEN
            PERFORM leads_mark_candidates(raw);
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER leads_candidate_new AFTER INSERT ON leads_lead
    REFERENCING NEW TABLE AS captured FOR EACH STATEMENT EXECUTE FUNCTION leads_mark_new_candidates();
-- By rows, as most changes are of leads that are not raw any more: those are passed by without a call.
CREATE OR REPLACE TRIGGER leads_candidate_changed AFTER UPDATE ON leads_lead
    FOR EACH ROW WHEN (NEW.state = 'raw' AND NEW.merged_into_id IS NULL AND OLD IS DISTINCT FROM NEW)
    EXECUTE FUNCTION leads_mark_candidate();
CREATE OR REPLACE TRIGGER leads_candidate_touched AFTER INSERT ON leads_touchpoint
    REFERENCING NEW TABLE AS recorded FOR EACH STATEMENT EXECUTE FUNCTION leads_mark_candidates_of_touchpoints();
CREATE OR REPLACE TRIGGER leads_candidate_retouched AFTER UPDATE ON leads_touchpoint
    REFERENCING NEW TABLE AS recorded FOR EACH STATEMENT EXECUTE FUNCTION leads_mark_candidates_of_touchpoints();
