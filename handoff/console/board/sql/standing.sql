-- The open leads of these people and in these queues, with when each is first due and whether that is near. Of each state
-- of each person no more are read than a page says: the cost does not grow with what somebody was once given.
WITH wanted (state) AS (SELECT unnest(%(states)s::text[])),
candidate AS (
    SELECT lead.id, lead.owner_id, lead.state
    FROM unnest(%(owners)s::bigint[]) AS person (id)
    CROSS JOIN wanted
    CROSS JOIN LATERAL (
        SELECT id, owner_id, state FROM leads_lead
        WHERE owner_id = person.id AND state = wanted.state AND merged_into_id IS NULL
        LIMIT %(most)s
    ) AS lead
    UNION ALL
    SELECT lead.id, NULL, lead.state
    FROM unnest(%(queues)s::bigint[]) AS team (id)
    CROSS JOIN wanted
    CROSS JOIN LATERAL (
        SELECT lead_id AS id, state FROM handoff_inboxentry
        WHERE team_id = team.id AND owner_id IS NULL AND state = wanted.state
        LIMIT %(most)s
    ) AS lead
),
standing AS (
    SELECT candidate.id, candidate.owner_id, candidate.state, clock.due_at,
        COALESCE(clock.due_at < %(now)s, FALSE) AS is_overdue,
        COALESCE(clock.due_at >= %(now)s AND clock.is_warned, FALSE) AS is_at_risk
    FROM candidate
    LEFT JOIN LATERAL (
        SELECT MIN(running.due_at) AS due_at, BOOL_OR(
            running.due_at >= %(now)s AND (
                EXISTS (
                    SELECT FROM sla_alarm alarm JOIN sla_step step ON step.id = alarm.step_id
                    WHERE alarm.clock_id = running.id AND step.percent < 100
                )
                OR EXISTS (
                    SELECT FROM sla_pendingalarm alarm JOIN sla_step step ON step.id = alarm.step_id
                    WHERE alarm.clock_id = running.id AND step.percent < 100 AND alarm.due_at <= %(now)s
                )
            )
        ) AS is_warned
        FROM sla_clock running WHERE running.lead_id = candidate.id AND running.stopped_at IS NULL
    ) AS clock ON TRUE
)
