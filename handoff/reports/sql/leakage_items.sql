-- The leads that are with sales now, since when each has been in its state, and what each lacks.
SELECT lead.id AS lead_id, lead.entered_at AS at, lead.state, NULL::timestamptz AS due_at, true AS is_lead,
    lead.owner_id IS NULL AS unowned, COALESCE(NOT owner.is_active, false) AS owner_left,
    NOT EXISTS (
        SELECT FROM sla_clock clock
        WHERE clock.lead_id = lead.id AND (
            clock.stopped_at IS NULL
            OR clock.cycle = lead.cycle AND clock.state = 'met' AND clock.stopped_at >= lead.entered_at
        )
    ) AS unclocked,
    lead.last_touch_at IS NULL OR lead.last_touch_at < lead.entered_at AS untouched, false AS overdue
FROM leads_lead lead
LEFT JOIN leads_user owner ON owner.id = lead.owner_id
WHERE lead.merged_into_id IS NULL AND lead.state IN ('mql', 'sal', 'sql')
    AND lead.entered_at >= %(start)s AND lead.entered_at < %(end)s
