-- What is left on leads that were merged: it belongs to the lead that stayed.
SELECT format('%s %s is of lead %s, which was merged into lead %s.', left_there.kind, left_there.id, lead.id,
    lead.merged_into_id)
FROM leads_lead lead JOIN (
    SELECT 'Touch' AS kind, id, lead_id FROM leads_touch
    UNION ALL SELECT 'External id', id, lead_id FROM leads_externalid
    UNION ALL SELECT 'Deal', id, lead_id FROM leads_opportunity
    UNION ALL SELECT 'Consent', id, lead_id FROM leads_consent
) left_there ON left_there.lead_id = lead.id
WHERE lead.merged_into_id IS NOT NULL
