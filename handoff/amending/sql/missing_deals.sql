-- The acts whose deal is not there. A conversion of before names none: it means the deal of its lead.
SELECT lead_id, id
FROM leads_transition act
WHERE verb IN ('convert', 'update_deal') AND NOT EXISTS (SELECT FROM leads_takenback WHERE act_id = act.id) AND NOT EXISTS (
    SELECT FROM leads_opportunity deal
    WHERE CASE WHEN act.facts ? 'deal' THEN deal.id = (act.facts ->> 'deal')::bigint ELSE deal.lead_id = act.lead_id END
)
ORDER BY id
