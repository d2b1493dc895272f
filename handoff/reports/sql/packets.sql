-- Each handoff of reporting.handoffs with whether its packet was seen before the buyer was contacted, by whoever did that;
-- before a contact, and where a program made it, by the owner. A contact from before views were kept says nothing.
CREATE OR REPLACE VIEW reporting.packets AS
SELECT handed.handoff_id, handed.lead_id, handed.cycle, handed.offered_at, handed.offered_on, handed.offered_week,
    handed.offered_month, handed.contacted_at, COALESCE(contact.by_id, lead.owner_id) AS contact_by_id, seen.at AS seen_at,
    CASE
        WHEN seen.at <= handed.contacted_at THEN true
        WHEN handoff.recorded_at <= handed.contacted_at THEN false
    END AS seen_before_contact,
    CASE WHEN seen.at <= handed.contacted_at THEN date_part('epoch', handed.contacted_at - seen.at) END
        AS seconds_seen_before
FROM reporting.handoffs handed
JOIN handoff_handoff handoff ON handoff.id = handed.handoff_id
JOIN leads_lead lead ON lead.id = handed.lead_id
LEFT JOIN LATERAL (
    SELECT min(touch.by_id) AS by_id FROM leads_touch touch
    WHERE touch.lead_id = handed.lead_id AND NOT touch.automatic AND touch.at = handed.contacted_at
) contact ON true
LEFT JOIN handoff_packetview seen
    ON seen.handoff_id = handed.handoff_id AND seen.person_id = COALESCE(contact.by_id, lead.owner_id);
