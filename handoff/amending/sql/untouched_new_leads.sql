-- Of some leads, locked, those that an import made, of which it made nothing but themselves, their ids and touchpoints,
-- and that are as it left them, with nothing that somebody has added.
SELECT lead.id FROM leads_lead lead
JOIN handoff_importchange made ON made.of_import_id = %(import)s AND made.lead_id = lead.id AND made.is_new
    AND made."table" = 'leads_lead'
WHERE lead.id = ANY(%(leads)s)
    AND leads_as_stated(to_jsonb(lead)) - 'updated_at' = leads_as_stated(made.after) - 'updated_at'
    AND NOT EXISTS (
        SELECT FROM handoff_importchange other WHERE other.of_import_id = %(import)s AND other.lead_id = lead.id
            AND (NOT other.is_new OR other."table" NOT IN ('leads_lead', 'leads_externalid', 'leads_touchpoint')))
    AND NOT EXISTS (
        SELECT FROM leads_externalid own WHERE own.lead_id = lead.id AND NOT EXISTS (
            SELECT FROM handoff_importchange noted WHERE noted.of_import_id = %(import)s
                AND noted.lead_id = lead.id AND noted."table" = 'leads_externalid' AND noted.row_id = own.id))
    AND NOT EXISTS (
        SELECT FROM leads_touchpoint own WHERE own.lead_id = lead.id AND NOT EXISTS (
            SELECT FROM handoff_importchange noted WHERE noted.of_import_id = %(import)s
                AND noted.lead_id = lead.id AND noted."table" = 'leads_touchpoint' AND noted.row_id = own.id))
    AND NOT EXISTS (SELECT FROM leads_lead gone WHERE gone.merged_into_id = lead.id)
    AND NOT EXISTS (SELECT FROM leads_transition act WHERE act.lead_id = lead.id)
    AND NOT EXISTS (SELECT FROM leads_touch touch WHERE touch.lead_id = lead.id)
    AND NOT EXISTS (SELECT FROM leads_consent consent WHERE consent.lead_id = lead.id)
    AND NOT EXISTS (SELECT FROM leads_opportunity deal WHERE deal.lead_id = lead.id)
    AND NOT EXISTS (SELECT FROM sla_clock clock WHERE clock.lead_id = lead.id)
    AND NOT EXISTS (SELECT FROM handoff_rejection twin WHERE twin.duplicate_of_id = lead.id)
    AND NOT EXISTS (SELECT FROM handoff_notice notice WHERE notice.lead_id = lead.id)
