-- The handoffs that were offered in a period, with what became of each, for the versions by which they were judged.
-- Late is the contact that came after a promise of a first touch was breached, unless the breach was excused.
SELECT handoff.lead_id, handoff.offered_at AS at, handoff.handoff_id, handoff.cycle, handoff.decided, handoff.accepted,
    handoff.won, handoff.contacted_at IS NULL AS not_contacted,
    handoff.contacted_at IS NOT NULL AND EXISTS (
        SELECT FROM sla_clock clock
        WHERE clock.lead_id = handoff.lead_id AND clock.cycle = handoff.cycle
            AND clock.metric IN ('time_to_touch', 'speed_to_lead') AND clock.state = 'breached'
            AND clock.excused_by_id IS NULL
    ) AS late, date_part('epoch', converted.at - handoff.offered_at) AS to_convert
FROM reporting.handoffs handoff
LEFT JOIN LATERAL (
    SELECT min(act.at) AS at FROM leads_transition act
    WHERE act.lead_id = handoff.lead_id AND act.cycle = handoff.cycle AND act.to_state = 'opportunity'
        AND act.from_state <> 'opportunity' AND NOT EXISTS (SELECT FROM leads_takenback WHERE act_id = act.id)
) converted ON true
WHERE handoff.offered_at >= %(start)s AND handoff.offered_at < %(end)s
