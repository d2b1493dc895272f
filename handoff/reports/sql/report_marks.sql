-- Whatever changes what a report counts of a lead leaves a mark, in its own transaction: the figures that are kept of the
-- lead's days are then not read any more. Marks are only appended, so that nobody waits for another.
CREATE OR REPLACE FUNCTION handoff_report_mark() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lowest bigint;
    highest bigint;
BEGIN
    IF TG_TABLE_NAME = 'leads_lead' THEN
        INSERT INTO handoff_reportmark (lead_id) SELECT id FROM written;
        RETURN NULL;
    END IF;
    -- An act writes rows of one lead, for which a plan that makes them distinct would take longer than all else here.
    SELECT min(lead_id), max(lead_id) INTO lowest, highest FROM written;
    IF lowest = highest THEN
        INSERT INTO handoff_reportmark (lead_id) VALUES (lowest);
    ELSIF lowest < highest THEN
        INSERT INTO handoff_reportmark (lead_id) SELECT DISTINCT lead_id FROM written;
    END IF;
    RETURN NULL;
END $$;

-- Its arguments are the columns by the first of which the row was counted that it has: at that moment it is not any more.
CREATE OR REPLACE FUNCTION handoff_report_mark_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE moment timestamptz;
BEGIN
    -- What every act changes is read by its name: as JSON, a handoff would carry its whole packet along.
    IF TG_NARGS = 0 THEN
        moment := NULL;
    ELSIF TG_ARGV[0] = 'stopped_at' THEN
        moment := COALESCE(OLD.stopped_at, OLD.due_at);
    ELSIF TG_ARGV[0] = 'offered_at' THEN
        moment := OLD.offered_at;
    ELSE
        moment := (to_jsonb(OLD) ->> TG_ARGV[0])::timestamptz;
    END IF;
    IF TG_TABLE_NAME = 'leads_lead' THEN
        INSERT INTO handoff_reportmark (lead_id, at) VALUES (OLD.id, moment);
        RETURN NULL;
    END IF;
    INSERT INTO handoff_reportmark (lead_id, at) VALUES (OLD.lead_id, moment);
    IF TG_OP = 'UPDATE' AND NEW.lead_id <> OLD.lead_id THEN
        INSERT INTO handoff_reportmark (lead_id) VALUES (NEW.lead_id);
    END IF;
    RETURN NULL;
END $$;

-- An act changes this of its lead: it is quick.
CREATE OR REPLACE FUNCTION handoff_report_mark_entered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO handoff_reportmark (lead_id, at) VALUES (OLD.id, OLD.entered_at);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION handoff_report_mark_dispute() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO handoff_reportmark (lead_id)
    SELECT lead_id FROM handoff_rejection WHERE id = COALESCE(NEW.rejection_id, OLD.rejection_id);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION handoff_report_mark_taken_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO handoff_reportmark (lead_id) SELECT lead_id FROM leads_transition WHERE id = NEW.act_id;
    RETURN NULL;
END $$;

-- What rows are called, or whose they are, has changed: of any day.
CREATE OR REPLACE FUNCTION handoff_report_mark_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO handoff_reportmark (lead_id, at) VALUES (NULL, NULL);
    RETURN NULL;
END $$;

-- What an act writes in any case.
CREATE OR REPLACE TRIGGER handoff_report_written AFTER INSERT ON leads_lead
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION handoff_report_mark();
CREATE OR REPLACE TRIGGER handoff_report_written AFTER INSERT ON leads_transition
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION handoff_report_mark();
CREATE OR REPLACE TRIGGER handoff_report_written AFTER INSERT ON leads_touch
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION handoff_report_mark();
CREATE OR REPLACE TRIGGER handoff_report_written AFTER INSERT ON leads_touchpoint
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION handoff_report_mark();
CREATE OR REPLACE TRIGGER handoff_report_written AFTER INSERT ON leads_opportunity
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION handoff_report_mark();
CREATE OR REPLACE TRIGGER handoff_report_written AFTER INSERT ON handoff_handoff
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION handoff_report_mark();
CREATE OR REPLACE TRIGGER handoff_report_written AFTER INSERT ON handoff_rejection
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION handoff_report_mark();
CREATE OR REPLACE TRIGGER handoff_report_written AFTER INSERT ON sla_clock
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION handoff_report_mark();

CREATE OR REPLACE TRIGGER handoff_report_changed AFTER UPDATE ON leads_lead FOR EACH ROW
    WHEN ((OLD.campaign_id, OLD.source, OLD.country, OLD.team_id, OLD.owner_id, OLD.created_at, OLD.merged_into_id,
        OLD.attributes) IS DISTINCT FROM (NEW.campaign_id, NEW.source, NEW.country, NEW.team_id, NEW.owner_id,
        NEW.created_at, NEW.merged_into_id, NEW.attributes))
    EXECUTE FUNCTION handoff_report_mark_changed('created_at');
CREATE OR REPLACE TRIGGER handoff_report_entered AFTER UPDATE ON leads_lead FOR EACH ROW
    WHEN ((OLD.state, OLD.cycle, OLD.entered_at, OLD.last_touch_at) IS DISTINCT FROM
        (NEW.state, NEW.cycle, NEW.entered_at, NEW.last_touch_at))
    EXECUTE FUNCTION handoff_report_mark_entered();
CREATE OR REPLACE TRIGGER handoff_report_changed AFTER UPDATE ON sla_clock FOR EACH ROW
    WHEN ((OLD.lead_id, OLD.metric, OLD.cycle, OLD.calendar_id, OLD.policy_id, OLD.owner_id, OLD.team_id, OLD.state,
        OLD.started_at, OLD.due_at, OLD.stopped_at, OLD.elapsed, OLD.excused_by_id, OLD.target_seconds) IS DISTINCT FROM
        (NEW.lead_id, NEW.metric, NEW.cycle, NEW.calendar_id, NEW.policy_id, NEW.owner_id, NEW.team_id, NEW.state,
        NEW.started_at, NEW.due_at, NEW.stopped_at, NEW.elapsed, NEW.excused_by_id, NEW.target_seconds))
    EXECUTE FUNCTION handoff_report_mark_changed('stopped_at', 'due_at');
-- The decision first, which is what changes: to compare whole rows is to read two packets.
CREATE OR REPLACE TRIGGER handoff_report_changed AFTER UPDATE ON handoff_handoff FOR EACH ROW
    WHEN (OLD.decision <> NEW.decision OR OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION handoff_report_mark_changed('offered_at');
CREATE OR REPLACE TRIGGER handoff_report_changed AFTER UPDATE ON handoff_rejection FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION handoff_report_mark_changed('at');
CREATE OR REPLACE TRIGGER handoff_report_changed AFTER UPDATE ON leads_opportunity FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION handoff_report_mark_changed('closed_at');
CREATE OR REPLACE TRIGGER handoff_report_changed AFTER UPDATE ON leads_touchpoint FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION handoff_report_mark_changed('at');
CREATE OR REPLACE TRIGGER handoff_report_changed AFTER UPDATE ON leads_touch FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION handoff_report_mark_changed();
CREATE OR REPLACE TRIGGER handoff_report_changed AFTER UPDATE ON leads_transition FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION handoff_report_mark_changed('at');

CREATE OR REPLACE TRIGGER handoff_report_removed AFTER DELETE ON leads_lead
    FOR EACH ROW EXECUTE FUNCTION handoff_report_mark_changed('created_at');
CREATE OR REPLACE TRIGGER handoff_report_entered_removed AFTER DELETE ON leads_lead
    FOR EACH ROW EXECUTE FUNCTION handoff_report_mark_entered();
CREATE OR REPLACE TRIGGER handoff_report_removed AFTER DELETE ON sla_clock
    FOR EACH ROW EXECUTE FUNCTION handoff_report_mark_changed('stopped_at', 'due_at');
CREATE OR REPLACE TRIGGER handoff_report_removed AFTER DELETE ON handoff_handoff
    FOR EACH ROW EXECUTE FUNCTION handoff_report_mark_changed('offered_at');
CREATE OR REPLACE TRIGGER handoff_report_removed AFTER DELETE ON handoff_rejection
    FOR EACH ROW EXECUTE FUNCTION handoff_report_mark_changed('at');
CREATE OR REPLACE TRIGGER handoff_report_removed AFTER DELETE ON leads_opportunity
    FOR EACH ROW EXECUTE FUNCTION handoff_report_mark_changed('closed_at');
CREATE OR REPLACE TRIGGER handoff_report_removed AFTER DELETE ON leads_touchpoint
    FOR EACH ROW EXECUTE FUNCTION handoff_report_mark_changed('at');
CREATE OR REPLACE TRIGGER handoff_report_removed AFTER DELETE ON leads_touch
    FOR EACH ROW EXECUTE FUNCTION handoff_report_mark_changed();
CREATE OR REPLACE TRIGGER handoff_report_removed AFTER DELETE ON leads_transition
    FOR EACH ROW EXECUTE FUNCTION handoff_report_mark_changed('at');

CREATE OR REPLACE TRIGGER handoff_report_disputed AFTER INSERT OR UPDATE OR DELETE ON handoff_dispute
    FOR EACH ROW EXECUTE FUNCTION handoff_report_mark_dispute();
CREATE OR REPLACE TRIGGER handoff_report_taken_back AFTER INSERT ON leads_takenback
    FOR EACH ROW EXECUTE FUNCTION handoff_report_mark_taken_back();

-- What is written once and never counted again by another name is let alone: a new campaign has no leads yet.
CREATE OR REPLACE TRIGGER handoff_report_renamed AFTER UPDATE ON leads_campaign FOR EACH ROW
    WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION handoff_report_mark_all();
CREATE OR REPLACE TRIGGER handoff_report_renamed AFTER UPDATE ON leads_team FOR EACH ROW
    WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION handoff_report_mark_all();
CREATE OR REPLACE TRIGGER handoff_report_renamed AFTER UPDATE ON leads_user FOR EACH ROW
    WHEN ((OLD.username, OLD.first_name, OLD.last_name, OLD.is_active) IS DISTINCT FROM
        (NEW.username, NEW.first_name, NEW.last_name, NEW.is_active))
    EXECUTE FUNCTION handoff_report_mark_all();
CREATE OR REPLACE TRIGGER handoff_report_renamed AFTER UPDATE ON leads_reason FOR EACH ROW
    WHEN ((OLD.code, OLD.label, OLD.counts_against, OLD.counts_as_valid) IS DISTINCT FROM
        (NEW.code, NEW.label, NEW.counts_against, NEW.counts_as_valid))
    EXECUTE FUNCTION handoff_report_mark_all();
CREATE OR REPLACE TRIGGER handoff_report_renamed AFTER UPDATE ON sla_policy FOR EACH ROW
    WHEN ((OLD.key, OLD.version, OLD.name) IS DISTINCT FROM (NEW.key, NEW.version, NEW.name))
    EXECUTE FUNCTION handoff_report_mark_all();
CREATE OR REPLACE TRIGGER handoff_report_renamed AFTER UPDATE ON leads_definition FOR EACH ROW
    WHEN ((OLD.stage, OLD.version) IS DISTINCT FROM (NEW.stage, NEW.version))
    EXECUTE FUNCTION handoff_report_mark_all();
CREATE OR REPLACE TRIGGER handoff_report_in_force AFTER INSERT OR UPDATE OR DELETE ON leads_scoringmodel
    FOR EACH ROW EXECUTE FUNCTION handoff_report_mark_all();
CREATE OR REPLACE TRIGGER handoff_report_in_force AFTER INSERT OR UPDATE OR DELETE ON handoff_requiredactions
    FOR EACH ROW EXECUTE FUNCTION handoff_report_mark_all();
-- Whoever is new, and has been in their team for ever, has owned nothing so far: only who moves makes all of it stale.
CREATE OR REPLACE TRIGGER handoff_report_joined AFTER INSERT ON leads_membership
    FOR EACH ROW WHEN (NEW.since IS NOT NULL) EXECUTE FUNCTION handoff_report_mark_all();
CREATE OR REPLACE TRIGGER handoff_report_moved AFTER UPDATE OR DELETE ON leads_membership
    FOR EACH ROW EXECUTE FUNCTION handoff_report_mark_all();
CREATE OR REPLACE TRIGGER handoff_report_recalculated AFTER INSERT OR UPDATE OR DELETE ON sla_calendar
    FOR EACH ROW EXECUTE FUNCTION handoff_report_mark_all();
CREATE OR REPLACE TRIGGER handoff_report_rezoned AFTER UPDATE ON handoff_firm
    FOR EACH ROW EXECUTE FUNCTION handoff_report_mark_all();
