-- The handoffs that were offered in a period.
SELECT lead_id, offered_at AS at, offered_to_id, seconds_to_contact AS wall, business_seconds_to_contact AS business,
    decided, accepted, won,
    -- What the agreement counts as a valid lead speaks against nobody, whatever the reason says besides.
    against_marketing AND NOT EXISTS (
        SELECT FROM handoff_rejection rejection JOIN leads_reason reason ON reason.id = rejection.reason_id
        WHERE rejection.lead_id = handoff.lead_id AND rejection.cycle = handoff.cycle AND reason.counts_as_valid
    ) AS against_marketing
FROM reporting.handoffs handoff
WHERE offered_at >= %(start)s AND offered_at < %(end)s
