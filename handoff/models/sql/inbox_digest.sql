-- One number for what an inbox holds, which is another one after each change of it. Of each of its parts no more is read
-- than the thousand leads that are due next, the thousand that were due last, and a thousand without a due time.
WITH parts (owner, team, is_queue) AS (
    SELECT owner, NULL::bigint, false FROM unnest(%(owners)s::bigint[]) owner
    UNION ALL SELECT NULL, team, false FROM unnest(%(teams)s::bigint[]) team
    UNION ALL SELECT NULL, team, true FROM unnest(%(queues)s::bigint[]) team
)
SELECT count(*), COALESCE(sum(hashint8extended(version, 0)::numeric), 0) FROM parts CROSS JOIN LATERAL (
    (SELECT version FROM handoff_inboxentry WHERE owner_id = parts.owner AND next_due >= %(now)s
        ORDER BY next_due LIMIT 1000)
    UNION ALL (SELECT version FROM handoff_inboxentry WHERE owner_id = parts.owner AND next_due < %(now)s
        ORDER BY next_due DESC LIMIT 1000)
    UNION ALL (SELECT version FROM handoff_inboxentry WHERE owner_id = parts.owner AND next_due IS NULL LIMIT 1000)
    UNION ALL (SELECT version FROM handoff_inboxentry WHERE NOT is_queue AND team_id = parts.team
        AND next_due >= %(now)s ORDER BY next_due LIMIT 1000)
    UNION ALL (SELECT version FROM handoff_inboxentry WHERE NOT is_queue AND team_id = parts.team
        AND next_due < %(now)s ORDER BY next_due DESC LIMIT 1000)
    UNION ALL (SELECT version FROM handoff_inboxentry WHERE NOT is_queue AND team_id = parts.team
        AND next_due IS NULL LIMIT 1000)
    UNION ALL (SELECT version FROM handoff_inboxentry WHERE is_queue AND owner_id IS NULL AND team_id = parts.team
        AND next_due >= %(now)s ORDER BY next_due LIMIT 1000)
    UNION ALL (SELECT version FROM handoff_inboxentry WHERE is_queue AND owner_id IS NULL AND team_id = parts.team
        AND next_due < %(now)s ORDER BY next_due DESC LIMIT 1000)
    UNION ALL (SELECT version FROM handoff_inboxentry WHERE is_queue AND owner_id IS NULL AND team_id = parts.team
        AND next_due IS NULL LIMIT 1000)
) entry
