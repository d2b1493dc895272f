-- What is wrong with where the facts of leads are from, in words.
SELECT format('Lead %%s: its provenance names %%s, which is not a fact.', lead.id, named.fact)
FROM leads_lead lead CROSS JOIN LATERAL jsonb_object_keys(lead.provenance) named(fact)
WHERE lead.provenance <> '{}' AND named.fact <> ALL(%(facts)s)
UNION ALL
SELECT format('Lead %%s: its source is not that of its first capture.', id)
FROM leads_lead
WHERE provenance -> 'created_at' ->> 'source' <> '' AND source <> provenance -> 'created_at' ->> 'source'
    AND provenance -> 'source' ->> 'system' IS DISTINCT FROM 'person'
UNION ALL
SELECT format('Lead %%s: its campaign is not that of its first capture.', id)
FROM leads_lead
WHERE campaign_id IS DISTINCT FROM (provenance -> 'created_at' ->> 'campaign')::bigint
    AND provenance -> 'created_at' ->> 'campaign' IS NOT NULL
    AND provenance -> 'campaign' ->> 'system' IS DISTINCT FROM 'person'
UNION ALL
-- A capture that was merged into a lead may be older: the lead that stayed keeps the attribution.
SELECT format('Lead %%s: enquiry %%s is older than its first capture.', lead.id, point.id)
FROM leads_touchpoint point JOIN leads_lead lead ON lead.id = point.lead_id
WHERE point.kind = 'enquiry' AND point.external_id = '' AND point.at < lead.created_at
    AND NOT EXISTS (SELECT FROM leads_lead gone WHERE gone.merged_into_id = lead.id)
UNION ALL
SELECT format('Touchpoint %%s is of lead %%s, which was merged into lead %%s.', point.id, lead.id, lead.merged_into_id)
FROM leads_touchpoint point JOIN leads_lead lead ON lead.id = point.lead_id
WHERE lead.merged_into_id IS NOT NULL
