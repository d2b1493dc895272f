-- The versions of the definition of MQL by which handoffs of a period were judged, and what became of those.
SELECT definition.version, definition.text, definition.active_from, count(*),
    count(*) FILTER (WHERE handoff.decision <> ''), count(*) FILTER (WHERE handoff.decision = 'accepted')
FROM handoff_handoff handoff
JOIN leads_lead lead ON lead.id = handoff.lead_id AND lead.merged_into_id IS NULL
LEFT JOIN leads_definition definition ON definition.id = handoff.definition_id
WHERE handoff.offered_at >= %(start)s AND handoff.offered_at < %(end)s
GROUP BY 1, 2, 3 ORDER BY 1 NULLS FIRST
