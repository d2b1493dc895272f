-- Leads that do not say of consent what the words of their buyers come to.
SELECT format('Lead %s: its consent is %s; the words of the buyer come to %s.',
    COALESCE(lead.id, summed_up.lead_id), COALESCE(lead.consent, '{}'),
    COALESCE(summed_up.consent, '{}'))
FROM (SELECT id, consent FROM leads_lead WHERE consent <> '{}') lead
FULL JOIN leads_consents_summed_up summed_up ON summed_up.lead_id = lead.id
WHERE lead.consent IS DISTINCT FROM summed_up.consent
