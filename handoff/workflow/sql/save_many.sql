-- What acts of the past have changed of leads that are locked.
UPDATE leads_lead lead
SET state = moved.state, entered_at = moved.entered_at, cycle = moved.cycle, owner_id = moved.owner_id,
    team_id = moved.team_id, reason_id = moved.reason_id, reenter_on = moved.reenter_on,
    last_touch_at = moved.last_touch_at, updated_at = %(now)s
FROM unnest(
    %(ids)s::bigint[], %(states)s::text[], %(entered)s::timestamptz[], %(cycles)s::int[], %(owners)s::bigint[],
    %(teams)s::bigint[], %(reasons)s::bigint[], %(reenter)s::date[], %(touched)s::timestamptz[]
) AS moved (id, state, entered_at, cycle, owner_id, team_id, reason_id, reenter_on, last_touch_at)
WHERE lead.id = moved.id
