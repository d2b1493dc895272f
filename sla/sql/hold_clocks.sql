-- The alarms are locked in one order, by all. Whoever writes a clock holds the lead, so those of this statement's
-- beginning are still those of its end, however long it waited.
WITH waiting AS MATERIALIZED (
    SELECT pending.id FROM sla_pendingalarm pending JOIN sla_clock clock ON clock.id = pending.clock_id
    WHERE clock.lead_id = %(lead)s
    ORDER BY pending.id
    FOR UPDATE OF pending
)
SELECT clock.* FROM sla_clock clock
WHERE clock.lead_id = %(lead)s AND clock.stopped_at IS NULL AND (SELECT count(*) FROM waiting) >= 0
