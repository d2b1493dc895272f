-- Each handoff that was offered in a period, and the moments at which it came on, each to the whole second.
-- It starts with the capture of the lead; a later one starts with marketing's answer to the rejection before it, or with
-- that rejection if nobody answered it.
SELECT handoff.lead_id, handoff.offered_at AS at,
    date_trunc('second', COALESCE(previous.answered_at, previous.at, LEAST(lead.created_at, handoff.offered_at)))
        AS start_at,
    date_trunc('second', handoff.offered_at) AS offered_at, date_trunc('second', owned.at) AS assigned_at,
    date_trunc('second', handoff.decided_at) AS decided_at,
    date_trunc('second', touch.at) AS touched_at, date_trunc('second', reached.at) AS qualified_at,
    date_trunc('second', rejection.at) AS rejected_at, date_trunc('second', rejection.answered_at) AS answered_at,
    clock.calendar_id
FROM handoff_handoff handoff
JOIN leads_lead lead ON lead.id = handoff.lead_id AND lead.merged_into_id IS NULL
LEFT JOIN LATERAL (
    SELECT at, answered_at FROM handoff_rejection
    WHERE lead_id = handoff.lead_id AND cycle < handoff.cycle ORDER BY cycle DESC LIMIT 1
) previous ON true
LEFT JOIN LATERAL (
    SELECT min(act.at) AS at FROM leads_transition act
    WHERE act.lead_id = handoff.lead_id AND act.cycle = handoff.cycle AND act.owner_id IS NOT NULL
        AND act.at >= handoff.offered_at AND NOT EXISTS (SELECT FROM leads_takenback WHERE act_id = act.id)
) owned ON true
LEFT JOIN LATERAL (
    SELECT min(act.at) AS at FROM leads_transition act
    WHERE act.lead_id = handoff.lead_id AND act.cycle = handoff.cycle AND act.to_state = 'sql'
        AND act.from_state <> 'sql' AND NOT EXISTS (SELECT FROM leads_takenback WHERE act_id = act.id)
) reached ON true
LEFT JOIN LATERAL (
    SELECT at, answered_at FROM handoff_rejection
    WHERE lead_id = handoff.lead_id AND cycle = handoff.cycle AND from_state <> 'raw' ORDER BY at DESC LIMIT 1
) rejection ON true
LEFT JOIN LATERAL (
    SELECT min(touch.at) AS at FROM leads_touch touch
    WHERE handoff.decision = 'accepted' AND touch.lead_id = handoff.lead_id AND NOT touch.automatic
        AND touch.at >= handoff.offered_at AND (rejection.at IS NULL OR touch.at <= rejection.at)
) touch ON true
LEFT JOIN LATERAL (
    SELECT calendar_id FROM sla_clock
    WHERE lead_id = handoff.lead_id AND cycle = handoff.cycle ORDER BY id LIMIT 1
) clock ON true
WHERE handoff.offered_at >= %(start)s AND handoff.offered_at < %(end)s
