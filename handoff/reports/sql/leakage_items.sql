-- The leads that are with sales now, since when each has been in its state, and what each lacks.
SELECT lead.id AS lead_id, lead.entered_at AS at, lead.state, date_part('epoch', %(now)s - lead.entered_at) AS age,
    lead.owner_id IS NULL AS unowned, COALESCE(NOT owner.is_active, false) AS owner_left,
    running.many = 0 AND NOT EXISTS (
        SELECT FROM sla_clock met
        WHERE met.lead_id = lead.id AND met.cycle = lead.cycle AND met.state = 'met' AND met.stopped_at >= lead.entered_at
    ) AS unclocked,
    lead.last_touch_at IS NULL OR lead.last_touch_at < lead.entered_at AS untouched,
    running.overdue > 0 AS overdue
FROM leads_lead lead
LEFT JOIN leads_user owner ON owner.id = lead.owner_id,
LATERAL (
    SELECT count(*) AS many, count(*) FILTER (WHERE due_at < %(now)s) AS overdue
    FROM sla_clock WHERE lead_id = lead.id AND stopped_at IS NULL
) running
WHERE lead.merged_into_id IS NULL AND lead.state IN ('mql', 'sal', 'sql')
    AND lead.entered_at >= %(start)s AND lead.entered_at < %(end)s
