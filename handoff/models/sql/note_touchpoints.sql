-- The touchpoints of a packet as two arrays, in the order of their moments: a replay counts those of a window by looking
-- for its two ends, where parsing the packet of each handoff took most of its time. Two that say the same are one, as
-- conditions count them; what has no moment is never in a window.
CREATE OR REPLACE FUNCTION handoff_touchpoints_of(packet jsonb, OUT times timestamptz[], OUT kinds text[]) LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT COALESCE(array_agg(point.at ORDER BY point.at, point.kind), '{}'),
        COALESCE(array_agg(point.kind ORDER BY point.at, point.kind), '{}')
    INTO times, kinds
    FROM (
        SELECT DISTINCT kind, at, COALESCE(detail, ''), COALESCE(campaign, '')
        FROM jsonb_to_recordset(
            CASE jsonb_typeof(packet -> 'touchpoints') WHEN 'array' THEN packet -> 'touchpoints' ELSE '[]' END
        ) AS stated (kind text, at timestamptz, detail text, campaign text)
        WHERE at IS NOT NULL
    ) point;
END $$;
CREATE OR REPLACE FUNCTION handoff_note_touchpoints() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT times, kinds FROM handoff_touchpoints_of(NEW.packet) INTO NEW.touchpoint_times, NEW.touchpoint_kinds;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER handoff_packet_frozen BEFORE INSERT OR UPDATE OF packet ON handoff_handoff
    FOR EACH ROW EXECUTE FUNCTION handoff_note_touchpoints();
-- Of handoffs from before this was kept: any update notes it.
CREATE OR REPLACE TRIGGER handoff_packet_unnoted BEFORE UPDATE ON handoff_handoff
    FOR EACH ROW WHEN (NEW.touchpoint_times IS NULL) EXECUTE FUNCTION handoff_note_touchpoints();
-- Also of rows that are loaded while other triggers rest: without it their touchpoints could not be known.
ALTER TABLE handoff_handoff ENABLE ALWAYS TRIGGER handoff_packet_frozen;
