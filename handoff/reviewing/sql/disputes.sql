-- The disputes about the rejections of a period.
SELECT dispute.id, rejection.lead_id, reason.label, dispute.by_id, dispute.at, dispute.decision, dispute.decided_by_id,
    dispute.decided_at
FROM handoff_dispute dispute
JOIN handoff_rejection rejection ON rejection.id = dispute.rejection_id AND rejection.from_state <> 'raw'
JOIN leads_reason reason ON reason.id = rejection.reason_id
WHERE rejection.at >= %(start)s AND rejection.at < %(end)s
ORDER BY dispute.at, dispute.id LIMIT %(most)s
