-- The clocks of a metric that run, and of which nobody knows when they are due: they count without a period.
SELECT clock.lead_id, clock.due_at AS at, clock.owner_id, clock.team_id, clock.policy_id,
    'infinity'::timestamptz AS owed_at, false AS overdue, 'running' AS outcome,
    false AS timed, NULL::double precision AS business, NULL::double precision AS wall
FROM sla_clock clock
WHERE clock.metric = %(metric)s AND clock.stopped_at IS NULL AND clock.due_at IS NULL AND NOT %(in_period)s
