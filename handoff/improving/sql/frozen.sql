-- The packet is joined with an object that the template writes as `{{}}`, an empty one: which leaves it as it is, and takes it
-- out of the compressed storage of large values once. Each of the columns that read it would do so again.
(
    SELECT frozen.id, frozen.lead_id, frozen.cycle, frozen.offered_at, frozen.decision, frozen.facts,
        frozen.touchpoint_times, frozen.touchpoint_kinds, frozen.packet || '{{}}'::jsonb AS packet
    FROM handoff_handoff frozen
    WHERE {}
    OFFSET bigint '0'
) frozen
