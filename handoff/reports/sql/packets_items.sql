-- The handoffs that were offered in a period, with who contacted the buyer first, and whether they had seen the packet.
SELECT lead_id, offered_at AS at, contact_by_id, contacted_at IS NOT NULL AS contacted, seen_at IS NOT NULL AS seen,
    seen_before_contact, seconds_seen_before
FROM reporting.packets
WHERE offered_at >= %(start)s AND offered_at < %(end)s
