-- How the clocks of a metric stand at a moment, each looked at for it: by team, owner, source, campaign, policy or week.
-- A clock belongs to the moment when it ended, or while it runs to the one when it is due. Without a period each of
-- them counts, also one whose due time is not known. The planner leaves out the joins that `by` does not need.
WITH judged AS (
    SELECT
        CASE %(by)s
            WHEN 'team' THEN COALESCE(team.name, '')
            WHEN 'owner' THEN COALESCE(owner.username, '')
            WHEN 'source' THEN lead.source
            WHEN 'campaign' THEN COALESCE(campaign.name, '')
            WHEN 'policy' THEN policy.key || '/' || policy.version
            WHEN 'week' THEN COALESCE(
                to_char(COALESCE(clock.stopped_at, clock.due_at) AT TIME ZONE 'UTC', 'IYYY-"W"IW'), '')
        END AS key,
        CASE %(by)s
            WHEN 'owner' THEN NULLIF(btrim(owner.first_name || ' ' || owner.last_name), '')
            WHEN 'policy' THEN policy.name || ' (version ' || policy.version || ')'
        END AS label,
        clock.stopped_at IS NULL AND clock.due_at < %(now)s AS overdue,
        CASE
            WHEN clock.state = 'running' AND (clock.due_at IS NULL OR clock.due_at >= %(now)s) THEN 'running'
            WHEN clock.state IN ('met', 'cancelled') THEN clock.state
            WHEN clock.excused_by_id IS NOT NULL THEN 'excused'
            ELSE 'breached'
        END AS outcome,
        clock.state IN ('met', 'breached') AS timed,
        date_part('epoch', clock.elapsed) AS business,
        date_part('epoch', clock.stopped_at - clock.started_at) AS wall
    FROM sla_clock clock
        LEFT JOIN leads_lead lead ON lead.id = clock.lead_id
        LEFT JOIN leads_campaign campaign ON campaign.id = lead.campaign_id
        LEFT JOIN leads_user owner ON owner.id = clock.owner_id
        -- The team of its owner when it ended or was due, whichever was first; while it is open, that of now.
        LEFT JOIN leads_membership membership ON %(by)s = 'team' AND membership.user_id = clock.owner_id
            AND (membership.since IS NULL OR membership.since < LEAST(clock.stopped_at, clock.due_at, %(now)s))
            AND (membership.until IS NULL OR membership.until >= LEAST(clock.stopped_at, clock.due_at, %(now)s))
        -- What nobody owned was owed by the team in whose queue it waited.
        LEFT JOIN leads_team team
            ON team.id = CASE WHEN clock.owner_id IS NULL THEN clock.team_id ELSE membership.team_id END
        LEFT JOIN sla_policy policy ON policy.id = clock.policy_id
    WHERE clock.metric = %(metric)s AND (
        NOT %(in_period)s
        OR clock.stopped_at >= %(start)s AND clock.stopped_at < %(end)s
        OR clock.stopped_at IS NULL AND clock.due_at >= %(start)s AND clock.due_at < %(end)s
    )
)
SELECT key, COALESCE(label, key), count(*) FILTER (WHERE outcome = 'met'),
    count(*) FILTER (WHERE outcome = 'breached'), count(*) FILTER (WHERE outcome = 'excused'),
    count(*) FILTER (WHERE outcome = 'cancelled'), count(*) FILTER (WHERE outcome = 'running'),
    count(*) FILTER (WHERE overdue), count(*) FILTER (WHERE timed AND business IS NULL),
    percentile_cont(ARRAY[0.5, 0.9]::float[]) WITHIN GROUP (ORDER BY business) FILTER (WHERE timed),
    percentile_cont(ARRAY[0.5, 0.9]::float[]) WITHIN GROUP (ORDER BY wall) FILTER (WHERE timed)
FROM judged
GROUP BY key, label
ORDER BY CASE WHEN %(by)s = 'week' THEN key END, count(*) DESC, key
