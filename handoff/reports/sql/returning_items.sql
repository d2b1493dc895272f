-- What came in: buyers for the first time, and what those asked for who were known already.
-- What was captured again is a duplicate; at the moment of the first capture it is what a new buyer wrote. It is new
-- intent, like a form, a reply or a meeting, if it came later than the first capture. Each was kept once, however often
-- it was sent.
SELECT id AS lead_id, source, campaign_id, created_at AS at, true AS is_lead, false AS is_duplicate, false AS is_intent
FROM leads_lead
WHERE merged_into_id IS NULL AND created_at >= %(start)s AND created_at < %(end)s
UNION ALL
SELECT point.lead_id, point.source, point.campaign_id, point.at, false,
    point.kind = 'enquiry' AND point.at <> lead.created_at, point.at > lead.created_at
FROM leads_touchpoint point JOIN leads_lead lead ON lead.id = point.lead_id
WHERE point.kind = ANY(%(kinds)s) AND point.at >= %(start)s AND point.at < %(end)s
    AND (point.at > lead.created_at OR point.kind = 'enquiry' AND point.at <> lead.created_at)
