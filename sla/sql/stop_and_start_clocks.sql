-- First the stops, as a clock that starts may be of the same metric. Alarms that were due before a stop stay, and fire,
-- unless the clock is cancelled by it.
WITH stopped AS (
    UPDATE sla_clock clock
    SET stopped_at = %(at)s, stopped_by_id = %(act)s, state = ending.state, elapsed = ending.elapsed
    FROM unnest(%(stopping)s::bigint[], %(states)s::text[], %(elapsed)s::interval[]) AS ending (id, state, elapsed)
    WHERE clock.id = ending.id
    RETURNING clock.id, clock.state
), disarmed AS (
    DELETE FROM sla_pendingalarm pending USING stopped
    WHERE pending.clock_id = stopped.id AND (pending.due_at >= %(at)s OR stopped.state = 'cancelled')
), started AS (
    INSERT INTO sla_clock (
        lead_id, metric, cycle, round, policy_id, calendar_id, owner_id, team_id, target_seconds, started_at, due_at,
        error, state, started_by_id, paused, amended, tz_version
    )
    SELECT %(lead)s, starting.metric, %(cycle)s, COALESCE(
            (SELECT MAX(earlier.round) FROM sla_clock earlier
             WHERE earlier.lead_id = %(lead)s AND earlier.metric = starting.metric AND earlier.cycle = %(cycle)s), 0
        ) + 1, starting.policy_id, starting.calendar_id, %(owner)s, %(team)s, starting.target_seconds, %(at)s,
        starting.due_at, starting.error, 'running', %(act)s, FALSE, FALSE, %(tz_version)s
    FROM unnest(
        %(starting)s::text[], %(policies)s::bigint[], %(calendars)s::bigint[], %(targets)s::int[],
        %(due)s::timestamptz[], %(errors)s::text[]
    ) AS starting (metric, policy_id, calendar_id, target_seconds, due_at, error)
    WHERE (SELECT count(*) FROM stopped) >= 0
    RETURNING id, metric
)
INSERT INTO sla_pendingalarm (clock_id, step_id, due_at)
SELECT started.id, alarm.step_id, alarm.due_at
FROM started
JOIN unnest(%(alarms_of)s::text[], %(steps)s::bigint[], %(alarms_due)s::timestamptz[])
    AS alarm (metric, step_id, due_at) USING (metric)
