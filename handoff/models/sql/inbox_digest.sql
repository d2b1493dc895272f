-- One number for what an inbox holds, which is another one after each change of it. Of each of its parts no more is read
-- than so many leads that are due next, that were due last, and that have no due time. The order of the last keeps the
-- planner from reading the whole table for them.
WITH parts (owner, team, queue) AS (
    SELECT owner, NULL::bigint, NULL::bigint FROM unnest(%(owners)s::bigint[]) owner
    UNION ALL SELECT NULL, team, NULL FROM unnest(%(teams)s::bigint[]) team
    UNION ALL SELECT NULL, NULL, queue FROM unnest(%(queues)s::bigint[]) queue
)
SELECT count(*), COALESCE(sum(hashint8extended(version, 0)::numeric), 0) FROM parts CROSS JOIN LATERAL (
    (SELECT version FROM handoff_inboxentry WHERE owner_id = parts.owner AND next_due >= %(now)s
        ORDER BY next_due LIMIT %(most)s)
    UNION ALL (SELECT version FROM handoff_inboxentry WHERE owner_id = parts.owner AND next_due < %(now)s
        ORDER BY next_due DESC LIMIT %(most)s)
    UNION ALL (SELECT version FROM handoff_inboxentry WHERE owner_id = parts.owner AND next_due IS NULL
        ORDER BY next_due LIMIT %(most)s)
    UNION ALL (SELECT version FROM handoff_inboxentry WHERE team_id = parts.team
        AND next_due >= %(now)s ORDER BY next_due LIMIT %(most)s)
    UNION ALL (SELECT version FROM handoff_inboxentry WHERE team_id = parts.team
        AND next_due < %(now)s ORDER BY next_due DESC LIMIT %(most)s)
    UNION ALL (SELECT version FROM handoff_inboxentry WHERE team_id = parts.team
        AND next_due IS NULL ORDER BY next_due LIMIT %(most)s)
    UNION ALL (SELECT version FROM handoff_inboxentry WHERE owner_id IS NULL AND team_id = parts.queue
        AND next_due >= %(now)s ORDER BY next_due LIMIT %(most)s)
    UNION ALL (SELECT version FROM handoff_inboxentry WHERE owner_id IS NULL AND team_id = parts.queue
        AND next_due < %(now)s ORDER BY next_due DESC LIMIT %(most)s)
    UNION ALL (SELECT version FROM handoff_inboxentry WHERE owner_id IS NULL AND team_id = parts.queue
        AND next_due IS NULL ORDER BY next_due LIMIT %(most)s)
) entry
