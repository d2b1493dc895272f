-- Whatever changes the attainment by campaign writes handoff_countedclock, and appends deltas, in its own transaction.

-- A clock starts or ends, or its outcome changes: it is excused, or its history is rebuilt. The lead is locked, as the
-- verb has already done, so that its campaign is still the same when this is committed.
CREATE OR REPLACE FUNCTION handoff_attainment_clock() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE campaign bigint;
BEGIN
    IF TG_OP <> 'DELETE' THEN
        SELECT COALESCE(campaign_id, 0) INTO campaign FROM leads_lead WHERE id = NEW.lead_id FOR NO KEY UPDATE;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        WITH was AS (DELETE FROM handoff_countedclock WHERE clock_id = OLD.id RETURNING *)
        INSERT INTO handoff_attainmentdelta (metric, campaign_id, figure, bucket, n)
        SELECT metric, campaign_id, figure, bucket, -1 FROM was, handoff_clock_figures(outcome, business, wall);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        WITH is_now AS (
            INSERT INTO handoff_countedclock (clock_id, metric, campaign_id, outcome, business, wall)
            SELECT NEW.id, NEW.metric, campaign, share.* FROM handoff_clock_share(NEW) share RETURNING *
        )
        INSERT INTO handoff_attainmentdelta (metric, campaign_id, figure, bucket, n)
        SELECT metric, campaign_id, figure, bucket, 1 FROM is_now, handoff_clock_figures(outcome, business, wall);
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER handoff_attainment_clock AFTER INSERT OR DELETE ON sla_clock
    FOR EACH ROW EXECUTE FUNCTION handoff_attainment_clock();
CREATE OR REPLACE TRIGGER handoff_attainment_ended AFTER UPDATE ON sla_clock
    FOR EACH ROW WHEN (
        (OLD.lead_id, OLD.metric, OLD.state, OLD.started_at, OLD.stopped_at, OLD.elapsed, OLD.excused_by_id)
        IS DISTINCT FROM
        (NEW.lead_id, NEW.metric, NEW.state, NEW.started_at, NEW.stopped_at, NEW.elapsed, NEW.excused_by_id))
    EXECUTE FUNCTION handoff_attainment_clock();

-- A lead that changes its campaign takes its clocks along.
CREATE OR REPLACE FUNCTION handoff_attainment_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH moved AS (
        UPDATE handoff_countedclock SET campaign_id = COALESCE(NEW.campaign_id, 0)
        WHERE clock_id IN (SELECT id FROM sla_clock WHERE lead_id = NEW.id) RETURNING *
    )
    INSERT INTO handoff_attainmentdelta (metric, campaign_id, figure, bucket, n)
    SELECT metric, campaign.id, figure, bucket, campaign.n FROM moved, handoff_clock_figures(outcome, business, wall),
        (VALUES (COALESCE(OLD.campaign_id, 0), -1), (COALESCE(NEW.campaign_id, 0), 1)) campaign (id, n);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER handoff_attainment_moved AFTER UPDATE OF campaign_id ON leads_lead
    FOR EACH ROW WHEN (OLD.campaign_id IS DISTINCT FROM NEW.campaign_id)
    EXECUTE FUNCTION handoff_attainment_lead();
