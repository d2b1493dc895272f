-- How the attainment by campaign counts each clock, and which figures that makes.
-- These are the one definition: the triggers, check_integrity and rebuild_reports all read them.
CREATE OR REPLACE FUNCTION handoff_clock_share(clock sla_clock)
RETURNS TABLE (outcome text, business double precision, wall double precision)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN clock.state = 'breached' AND clock.excused_by_id IS NOT NULL THEN 'excused' ELSE clock.state END,
        CASE WHEN clock.state IN ('met', 'breached') THEN date_part('epoch', clock.elapsed) END,
        CASE WHEN clock.state IN ('met', 'breached') THEN date_part('epoch', clock.stopped_at - clock.started_at) END
$$;
CREATE OR REPLACE VIEW handoff_clockshare AS
SELECT clock.id AS clock_id, clock.metric, COALESCE(lead.campaign_id, 0) AS campaign_id, share.*
FROM sla_clock clock JOIN leads_lead lead ON lead.id = clock.lead_id, handoff_clock_share(clock) share;

CREATE OR REPLACE FUNCTION handoff_clock_figures(outcome text, business double precision, wall double precision)
RETURNS TABLE (figure text, bucket int)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT * FROM (VALUES
        (outcome, 0), ('business', handoff_bucket(business)), ('wall', handoff_bucket(wall)),
        ('untimed', CASE WHEN business IS NULL AND wall IS NOT NULL THEN 0 END)
    ) AS counted (figure, bucket) WHERE counted.bucket IS NOT NULL
$$;
