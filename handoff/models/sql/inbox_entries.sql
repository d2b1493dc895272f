-- Keeps handoff_inboxentry: a row for each lead that is with sales. Whatever changes a lead or its clocks changes its
-- row in the same transaction, by plans that a session keeps: an act pays for each microsecond here.

-- The end of a pause or snooze; far away without an end.
CREATE OR REPLACE FUNCTION handoff_inbox_held_until(
    snoozed_until timestamptz, paused_at timestamptz, paused_until timestamptz
) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
    SELECT GREATEST(snoozed_until, CASE WHEN paused_at IS NOT NULL THEN COALESCE(paused_until, '9999-01-01Z') END)
$$;

-- Leads that are new in an inbox; it says how many have become so. A file of leads costs one pass. What another session
-- has entered meanwhile stays.
CREATE OR REPLACE FUNCTION handoff_inbox_enter(lead_ids bigint[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE entered bigint;
BEGIN
    INSERT INTO handoff_inboxentry (lead_id, owner_id, team_id, state, cycle, source, touched_at, held_until, next_due,
        metric, given_at, is_new, version)
    SELECT lead.id, lead.owner_id, lead.team_id, lead.state, lead.cycle, lead.source, lead.last_touch_at,
        handoff_inbox_held_until(lead.snoozed_until, lead.paused_at, lead.paused_until), clock.due_at,
        COALESCE(clock.metric, ''), lead.entered_at, lead.state = 'mql', nextval('handoff_inbox_version')
    FROM leads_lead lead LEFT JOIN LATERAL (
        SELECT due_at, metric FROM sla_clock WHERE lead_id = lead.id AND stopped_at IS NULL ORDER BY due_at, id LIMIT 1
    ) clock ON true
    WHERE lead.id = ANY(lead_ids) AND lead.state IN ('mql', 'sal', 'sql') AND lead.merged_into_id IS NULL
    ORDER BY lead.id
    ON CONFLICT (lead_id) DO NOTHING;
    GET DIAGNOSTICS entered = ROW_COUNT;
    RETURN entered;
END $$;

CREATE OR REPLACE FUNCTION handoff_inbox_follows_leads() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE theirs bigint[];
BEGIN
    SELECT array_agg(id) INTO theirs FROM after_rows lead WHERE lead.state IN ('mql', 'sal', 'sql');
    IF theirs IS NOT NULL THEN
        PERFORM handoff_inbox_enter(theirs);
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER handoff_inbox_lead_comes AFTER INSERT ON leads_lead
    REFERENCING NEW TABLE AS after_rows FOR EACH STATEMENT EXECUTE FUNCTION handoff_inbox_follows_leads();

-- A lead is new while its owner has not looked at it and nobody has worked on it, since it was given to that owner. One
-- that is snoozed is new again: as it is held until then, that shows when it comes back. Its clocks write their part.
CREATE OR REPLACE FUNCTION handoff_inbox_follows_lead() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE held timestamptz;
BEGIN
    IF NEW.state NOT IN ('mql', 'sal', 'sql') OR NEW.merged_into_id IS NOT NULL THEN
        DELETE FROM handoff_inboxentry WHERE lead_id = NEW.id;
        RETURN NULL;
    END IF;
    held := handoff_inbox_held_until(NEW.snoozed_until, NEW.paused_at, NEW.paused_until);
    -- Twice where another session has entered it between the two statements, as it was before.
    FOR attempt IN 1 .. 2 LOOP
        UPDATE handoff_inboxentry SET owner_id = NEW.owner_id, team_id = NEW.team_id, state = NEW.state,
            cycle = NEW.cycle, source = NEW.source, touched_at = NEW.last_touch_at, held_until = held,
            version = nextval('handoff_inbox_version'),
            given_at = CASE WHEN owner_id IS DISTINCT FROM NEW.owner_id OR cycle <> NEW.cycle
                THEN statement_timestamp() ELSE given_at END,
            is_new = CASE
                WHEN owner_id IS DISTINCT FROM NEW.owner_id OR cycle <> NEW.cycle THEN true
                WHEN state <> NEW.state OR touched_at IS DISTINCT FROM NEW.last_touch_at THEN false
                WHEN held_until IS DISTINCT FROM held AND NEW.snoozed_until IS NOT NULL THEN true
                ELSE is_new END
        WHERE lead_id = NEW.id;
        EXIT WHEN FOUND OR handoff_inbox_enter(ARRAY[NEW.id]) > 0;
    END LOOP;
    RETURN NULL;
END $$;
-- By rows, as most changes are of leads that are in no inbox, or of what none shows: those are passed by without a call.
CREATE OR REPLACE TRIGGER handoff_inbox_lead_changes AFTER UPDATE ON leads_lead FOR EACH ROW
    WHEN ((OLD.state IN ('mql', 'sal', 'sql') OR NEW.state IN ('mql', 'sal', 'sql')) AND
        (OLD.state, OLD.merged_into_id, OLD.owner_id, OLD.team_id, OLD.cycle, OLD.source, OLD.campaign_id, OLD.paused_at,
        OLD.paused_until, OLD.snoozed_until, OLD.last_touch_at, OLD.name, OLD.company, OLD.title, OLD.email, OLD.phone,
        OLD.mobile_phone, OLD.do_not_contact, OLD.consent) IS DISTINCT FROM
        (NEW.state, NEW.merged_into_id, NEW.owner_id, NEW.team_id, NEW.cycle, NEW.source, NEW.campaign_id, NEW.paused_at,
        NEW.paused_until, NEW.snoozed_until, NEW.last_touch_at, NEW.name, NEW.company, NEW.title, NEW.email, NEW.phone,
        NEW.mobile_phone, NEW.do_not_contact, NEW.consent))
    EXECUTE FUNCTION handoff_inbox_follows_lead();

CREATE OR REPLACE FUNCTION handoff_inbox_forgets_leads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM handoff_inboxentry USING before_rows lead WHERE lead_id = lead.id;
    DELETE FROM handoff_leadview USING before_rows lead WHERE lead_id = lead.id;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER handoff_inbox_lead_goes AFTER DELETE ON leads_lead
    REFERENCING OLD TABLE AS before_rows FOR EACH STATEMENT EXECUTE FUNCTION handoff_inbox_forgets_leads();

-- An act changes the clocks of one lead, and often stops some and starts others in one statement: the second of its two
-- triggers then sees that all is written.
CREATE OR REPLACE FUNCTION handoff_inbox_follows_clocks() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lowest bigint;
    highest bigint;
    first record;
BEGIN
    SELECT min(lead_id), max(lead_id) INTO lowest, highest FROM changed_rows;
    IF lowest = highest THEN
        SELECT due_at, clock.metric INTO first FROM sla_clock clock
        WHERE lead_id = lowest AND stopped_at IS NULL ORDER BY due_at, id LIMIT 1;
        UPDATE handoff_inboxentry
        SET next_due = first.due_at, metric = COALESCE(first.metric, ''), version = nextval('handoff_inbox_version')
        WHERE lead_id = lowest
            AND (next_due IS DISTINCT FROM first.due_at OR metric <> COALESCE(first.metric, ''));
    ELSIF lowest < highest THEN
        UPDATE handoff_inboxentry entry
        SET next_due = upcoming.due_at, metric = upcoming.metric, version = nextval('handoff_inbox_version')
        FROM (
            SELECT lead_id, clock.due_at, COALESCE(clock.metric, '') AS metric
            FROM (SELECT DISTINCT lead_id FROM changed_rows ORDER BY lead_id) AS changed LEFT JOIN LATERAL (
                SELECT due_at, metric FROM sla_clock
                WHERE lead_id = changed.lead_id AND stopped_at IS NULL ORDER BY due_at, id LIMIT 1
            ) clock ON true
        ) AS upcoming
        WHERE entry.lead_id = upcoming.lead_id
            AND (entry.next_due, entry.metric) IS DISTINCT FROM (upcoming.due_at, upcoming.metric);
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER handoff_inbox_clock_starts AFTER INSERT ON sla_clock
    REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION handoff_inbox_follows_clocks();
CREATE OR REPLACE TRIGGER handoff_inbox_clock_changes AFTER UPDATE ON sla_clock
    REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION handoff_inbox_follows_clocks();
CREATE OR REPLACE TRIGGER handoff_inbox_clock_goes AFTER DELETE ON sla_clock
    REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION handoff_inbox_follows_clocks();
DROP FUNCTION IF EXISTS handoff_inbox_write(bigint[]);
