-- The acts of a range of leads, as sla.pattern.Act has them; those of a lead in the order in which they were written.
SELECT
    lead_id,
    id,
    at,
    recorded_at,
    owner_id,
    team_id,
    verb,
    from_state,
    to_state,
    cycle,
    facts ->> 'automatic',
    facts ->> 'policies',
    facts ->> 'calendars',
    recorded_at >= at AND (verb = 'snooze' OR NOT facts ?| ARRAY['restarted', 'reevaluated', 'carried', 'until'])
FROM leads_transition
WHERE lead_id BETWEEN %s AND %s
    AND NOT EXISTS (SELECT FROM leads_takenback WHERE act_id = leads_transition.id)
ORDER BY lead_id, id
