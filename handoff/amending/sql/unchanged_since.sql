-- Of some leads, locked, those of which an import changed facts of the lead, once, and nothing else, and whose facts are
-- as it left them: with the note of that change and the columns that it names. Any other has to be looked at by itself.
SELECT lead.id, note.id, ARRAY(SELECT jsonb_object_keys(note.before - 'updated_at') ORDER BY 1)
FROM leads_lead lead
JOIN handoff_importchange note ON note.of_import_id = %(import)s AND note.lead_id = lead.id
WHERE lead.id = ANY(%(leads)s) AND note."table" = 'leads_lead' AND NOT note.is_new
    AND NOT EXISTS (
        SELECT FROM handoff_importchange other
        WHERE other.of_import_id = %(import)s AND other.lead_id = lead.id AND other.id <> note.id)
    -- The model has scored it since: the score that was stated is in another column.
    AND (lead.scored_by_id IS NULL OR NOT note.before ? 'score')
    AND NOT EXISTS (
        SELECT FROM jsonb_each(note.after - 'updated_at') fact
        WHERE fact.value IS DISTINCT FROM to_jsonb(lead) -> fact.key)
    AND lead.merged_into_id IS NULL
    AND NOT EXISTS (SELECT FROM leads_lead gone WHERE gone.merged_into_id = lead.id)
    -- The policies of running clocks are chosen again, one lead after the other.
    AND NOT EXISTS (SELECT FROM sla_clock clock WHERE clock.lead_id = lead.id AND clock.stopped_at IS NULL)
