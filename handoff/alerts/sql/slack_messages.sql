-- Whoever acts on a lead, by whatever door, makes what Slack shows of it out of date, in the same transaction.
CREATE OR REPLACE FUNCTION handoff_slack_outdate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- As an array: a plan that was kept from a file of many acts must not read the whole table for one.
    UPDATE handoff_slackmessage SET update_at = now(), attempts = 0
    WHERE lead_id = ANY(ARRAY(SELECT DISTINCT lead_id FROM acts));
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER handoff_slack_outdated AFTER INSERT ON leads_transition
    REFERENCING NEW TABLE AS acts FOR EACH STATEMENT EXECUTE FUNCTION handoff_slack_outdate();
