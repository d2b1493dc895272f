-- Someone has the packet of a lead's present handoff before them. It is kept for whoever owes the first touch: its owner,
-- or while it waits in a queue those who may take it from there; once for each, and not after a touch.
INSERT INTO handoff_packetview (handoff_id, person_id, at)
SELECT handoff.id, %(person)s, %(at)s
FROM leads_lead lead
JOIN handoff_handoff handoff ON handoff.lead_id = lead.id AND handoff.cycle = lead.cycle
WHERE lead.id = %(lead)s AND lead.state IN ('mql', 'sal', 'sql')
    AND (lead.owner_id = %(person)s OR lead.owner_id IS NULL AND lead.team_id = ANY (%(teams)s))
    AND NOT EXISTS (
        SELECT FROM leads_touch touch
        WHERE touch.lead_id = lead.id AND NOT touch.automatic AND touch.at >= handoff.offered_at
    )
    -- Without this, each time that a page is opened would take a number for a row that is there.
    AND NOT EXISTS (
        SELECT FROM handoff_packetview seen WHERE seen.handoff_id = handoff.id AND seen.person_id = %(person)s
    )
ON CONFLICT DO NOTHING
