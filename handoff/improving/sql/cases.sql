-- Each handoff with what became of it: how sales decided, the rejection that stands, and what was won.
-- What is read of the packets comes in as columns of the handoffs: joined first, packets would go through every hash
-- table, and out to the disk.
-- At most one rejection of a handoff stands: after it the lead is raw again, or in its next cycle. What an arbiter has
-- overturned does not. A deal that is won counts for the last handoff of its lead that was accepted, once for each of
-- its currencies: only the row that `counts` is a handoff more.
SELECT handed.*, rejection.reason_id, rejection.evidence ->> 'wrong_field' AS wrong_field,
    won.lead_id IS NOT NULL AS is_won, won.currency, won.amount, won.place IS NOT DISTINCT FROM 1 OR won.lead_id IS NULL
    AS counts
FROM ({}) handed
LEFT JOIN handoff_rejection rejection ON rejection.lead_id = handed.lead_id AND rejection.cycle = handed.cycle
    AND rejection.from_state <> 'raw' AND NOT EXISTS (
        SELECT FROM handoff_dispute dispute
        WHERE dispute.rejection_id = rejection.id AND dispute.decision = 'overturned'
    )
LEFT JOIN (
    SELECT deal.lead_id, deal.currency, sum(deal.amount) AS amount,
        row_number() OVER (PARTITION BY deal.lead_id ORDER BY deal.currency) AS place
    FROM leads_opportunity deal
    WHERE deal.state = 'won'
    GROUP BY deal.lead_id, deal.currency
) won ON won.lead_id = handed.lead_id AND handed.decision = 'accepted'
    AND NOT handoff_accepted_later(handed.lead_id, handed.cycle)
