-- The clocks of a range of leads, as sla.pattern.StoredClock has them.
SELECT
    lead_id,
    id,
    metric,
    started_by_id,
    cycle,
    policy_id,
    calendar_id,
    target_seconds,
    owner_id,
    team_id,
    started_at,
    due_at,
    stopped_at,
    stopped_by_id,
    state,
    elapsed,
    paused,
    amended,
    excused_by_id IS NOT NULL OR error <> ''
FROM sla_clock
WHERE lead_id BETWEEN %s AND %s
