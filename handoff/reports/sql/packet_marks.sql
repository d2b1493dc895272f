-- That a packet was seen is counted on the day of its handoff: see report_marks.sql.
CREATE OR REPLACE FUNCTION handoff_report_mark_seen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO handoff_reportmark (lead_id)
    SELECT DISTINCT handoff.lead_id FROM written JOIN handoff_handoff handoff ON handoff.id = written.handoff_id;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER handoff_report_written AFTER INSERT ON handoff_packetview
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION handoff_report_mark_seen();
