-- Those of them with a clock that runs, once more: whether it is overdue. They count as leads already.
SELECT lead.id AS lead_id, lead.entered_at AS at, lead.state, running.due_at, false AS is_lead, false AS unowned,
    false AS owner_left, false AS unclocked, false AS untouched, running.due_at < %(now)s AS overdue
FROM leads_lead lead, LATERAL (
    SELECT min(due_at) AS due_at FROM sla_clock WHERE lead_id = lead.id AND stopped_at IS NULL
) running
WHERE lead.merged_into_id IS NULL AND lead.state IN ('mql', 'sal', 'sql') AND running.due_at IS NOT NULL
    AND lead.entered_at >= %(start)s AND lead.entered_at < %(end)s
