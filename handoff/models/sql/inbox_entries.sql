-- Keeps handoff_inboxentry: a row for each lead that is with sales. Whatever changes a lead or its clocks changes its
-- row in the same transaction. The triggers are of statements, so that a file of leads costs one pass.

-- A lead is new while its owner has not looked at it and nobody has worked on it, since it was given to that owner. One that
-- is snoozed is new again: as it is held until then, that shows when it comes back.
CREATE OR REPLACE FUNCTION handoff_inbox_write(lead_ids bigint[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO handoff_inboxentry AS kept (lead_id, owner_id, team_id, state, cycle, source, touched_at, held_until,
        next_due, metric, given_at, is_new, version)
    SELECT lead.id, lead.owner_id, lead.team_id, lead.state, lead.cycle, lead.source, lead.last_touch_at,
        GREATEST(lead.snoozed_until,
            CASE WHEN lead.paused_at IS NOT NULL THEN COALESCE(lead.paused_until, '9999-01-01Z') END),
        clock.due_at, COALESCE(clock.metric, ''), lead.entered_at, lead.state = 'mql',
        nextval('handoff_inbox_version')
    FROM leads_lead lead LEFT JOIN LATERAL (
        SELECT due_at, metric FROM sla_clock WHERE lead_id = lead.id AND stopped_at IS NULL ORDER BY due_at, id LIMIT 1
    ) clock ON true
    WHERE lead.id = ANY(lead_ids) AND lead.state IN ('mql', 'sal', 'sql') AND lead.merged_into_id IS NULL
    ON CONFLICT (lead_id) DO UPDATE SET owner_id = EXCLUDED.owner_id, team_id = EXCLUDED.team_id,
        state = EXCLUDED.state, cycle = EXCLUDED.cycle, source = EXCLUDED.source, touched_at = EXCLUDED.touched_at,
        held_until = EXCLUDED.held_until, next_due = EXCLUDED.next_due, metric = EXCLUDED.metric,
        version = EXCLUDED.version,
        given_at = CASE WHEN (kept.owner_id, kept.cycle) IS DISTINCT FROM (EXCLUDED.owner_id, EXCLUDED.cycle)
            THEN statement_timestamp() ELSE kept.given_at END,
        is_new = CASE
            WHEN (kept.owner_id, kept.cycle) IS DISTINCT FROM (EXCLUDED.owner_id, EXCLUDED.cycle) THEN true
            WHEN (kept.state, kept.touched_at) IS DISTINCT FROM (EXCLUDED.state, EXCLUDED.touched_at) THEN false
            WHEN kept.held_until IS DISTINCT FROM EXCLUDED.held_until
                AND (SELECT snoozed_until FROM leads_lead WHERE id = EXCLUDED.lead_id) IS NOT NULL THEN true
            ELSE kept.is_new END;
$$;

CREATE OR REPLACE FUNCTION handoff_inbox_follows_leads() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE changed bigint[];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM handoff_inboxentry entry USING after_rows lead JOIN before_rows before USING (id)
        WHERE entry.lead_id = id AND (before.state, before.merged_into_id) IS DISTINCT FROM
                (lead.state, lead.merged_into_id)
            AND (lead.state NOT IN ('mql', 'sal', 'sql') OR lead.merged_into_id IS NOT NULL);
        SELECT array_agg(id ORDER BY id) INTO changed FROM after_rows lead JOIN before_rows before USING (id)
        WHERE lead.state IN ('mql', 'sal', 'sql') AND lead.merged_into_id IS NULL AND
            (lead.state, lead.merged_into_id, lead.owner_id, lead.team_id, lead.cycle, lead.source, lead.campaign_id,
                lead.paused_at, lead.paused_until, lead.snoozed_until, lead.last_touch_at, lead.name, lead.company, lead.title,
                lead.email, lead.phone, lead.mobile_phone, lead.do_not_contact, lead.consent)
            IS DISTINCT FROM
            (before.state, before.merged_into_id, before.owner_id, before.team_id, before.cycle, before.source,
                before.campaign_id, before.paused_at, before.paused_until, before.snoozed_until, before.last_touch_at, before.name,
                before.company, before.title, before.email, before.phone, before.mobile_phone, before.do_not_contact,
                before.consent);
    ELSE
        SELECT array_agg(id ORDER BY id) INTO changed FROM after_rows lead WHERE lead.state IN ('mql', 'sal', 'sql');
    END IF;
    IF changed IS NOT NULL THEN
        PERFORM handoff_inbox_write(changed);
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER handoff_inbox_lead_comes AFTER INSERT ON leads_lead
    REFERENCING NEW TABLE AS after_rows FOR EACH STATEMENT EXECUTE FUNCTION handoff_inbox_follows_leads();
CREATE OR REPLACE TRIGGER handoff_inbox_lead_changes AFTER UPDATE ON leads_lead
    REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION handoff_inbox_follows_leads();

CREATE OR REPLACE FUNCTION handoff_inbox_forgets_leads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM handoff_inboxentry USING before_rows lead WHERE lead_id = lead.id;
    DELETE FROM handoff_leadview USING before_rows lead WHERE lead_id = lead.id;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER handoff_inbox_lead_goes AFTER DELETE ON leads_lead
    REFERENCING OLD TABLE AS before_rows FOR EACH STATEMENT EXECUTE FUNCTION handoff_inbox_forgets_leads();

-- Most acts change the lead and its clocks: what the lead's own trigger has written already is not written again.
CREATE OR REPLACE FUNCTION handoff_inbox_follows_clocks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE handoff_inboxentry entry
    SET next_due = first.due_at, metric = first.metric, version = nextval('handoff_inbox_version')
    FROM (
        SELECT lead_id, clock.due_at, COALESCE(clock.metric, '') AS metric
        FROM (SELECT DISTINCT lead_id FROM changed_rows ORDER BY lead_id) AS changed LEFT JOIN LATERAL (
            SELECT due_at, metric FROM sla_clock
            WHERE lead_id = changed.lead_id AND stopped_at IS NULL ORDER BY due_at, id LIMIT 1
        ) clock ON true
    ) AS first
    WHERE entry.lead_id = first.lead_id
        AND (entry.next_due, entry.metric) IS DISTINCT FROM (first.due_at, first.metric);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER handoff_inbox_clock_starts AFTER INSERT ON sla_clock
    REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION handoff_inbox_follows_clocks();
CREATE OR REPLACE TRIGGER handoff_inbox_clock_changes AFTER UPDATE ON sla_clock
    REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION handoff_inbox_follows_clocks();
CREATE OR REPLACE TRIGGER handoff_inbox_clock_goes AFTER DELETE ON sla_clock
    REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION handoff_inbox_follows_clocks();
