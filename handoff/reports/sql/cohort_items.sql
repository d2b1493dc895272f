-- The leads captured in a period, and what each had reached before a moment. An act that was taken back counts for nothing.
-- A deal of which nobody knows when it was won counts from the day its lead was captured.
SELECT lead.id AS lead_id, lead.created_at AS at, reached.mql, reached.sal, reached.sql, reached.opportunity,
    EXISTS (
        SELECT FROM leads_opportunity deal
        WHERE deal.lead_id = lead.id AND deal.state = 'won'
            AND COALESCE(deal.closed_at, lead.created_at) < %(as_at)s
    ) AS won
FROM leads_lead lead, LATERAL (
    SELECT COALESCE(bool_or(to_state = 'mql'), false) AS mql, COALESCE(bool_or(to_state = 'sal'), false) AS sal,
        COALESCE(bool_or(to_state = 'sql'), false) AS sql,
        COALESCE(bool_or(to_state = 'opportunity'), false) AS opportunity
    FROM leads_transition act
    WHERE act.lead_id = lead.id AND act.from_state <> act.to_state AND act.at < %(as_at)s
        AND NOT EXISTS (SELECT FROM leads_takenback WHERE act_id = act.id)
) reached
WHERE lead.merged_into_id IS NULL AND lead.created_at >= %(start)s AND lead.created_at < LEAST(%(end)s::timestamptz, %(as_at)s::timestamptz)
