-- Whom an audience reaches by a medium, for a lead of this owner, team and campaign. This is the one rule: the outbox
-- writes by it, and What if counts by it. People who left are passed over, and so is whoever has no address there.
-- A medium that is not named here has no addresses of people or teams, so it reaches fixed addresses only.
--
-- It is one SELECT, without WITH, and STABLE, so that PostgreSQL puts it into the statement that calls it.
CREATE OR REPLACE FUNCTION handoff_recipients(
    audience text, medium text, fixed_address text, lead_owner bigint, lead_team bigint, lead_campaign bigint
) RETURNS TABLE (user_id bigint, address text) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT recipient.user_id, recipient.address
    FROM (
        -- people: the owner or the manager, the campaign's owner, or everybody with a role
        SELECT
            person.id AS user_id,
            (CASE medium WHEN 'email' THEN person.email WHEN 'slack' THEN person.slack_member_id END)::text AS address
        FROM (
            SELECT CASE audience
                WHEN 'owner' THEN lead_owner
                WHEN 'manager' THEN COALESCE(
                    (SELECT team.manager_id FROM leads_team team WHERE team.id = lead_team),
                    (SELECT team.manager_id FROM leads_user owner JOIN leads_team team ON team.id = owner.team_id
                     WHERE owner.id = lead_owner)
                )
                WHEN 'marketing' THEN (
                    SELECT marketer.id
                    FROM leads_campaign campaign JOIN leads_user marketer ON marketer.id = campaign.owner_id
                    WHERE campaign.id = lead_campaign AND marketer.is_active
                )
            END AS id
            UNION ALL
            SELECT member.user_id
            FROM auth_group role JOIN leads_user_groups member ON member.group_id = role.id
            WHERE audience IN ('revops', 'marketing')
                AND role.name = CASE audience WHEN 'revops' THEN 'RevOps' ELSE 'Marketing lead' END
                AND NOT EXISTS (
                    SELECT FROM leads_campaign campaign JOIN leads_user marketer ON marketer.id = campaign.owner_id
                    WHERE audience = 'marketing' AND campaign.id = lead_campaign AND marketer.is_active
                )
        ) AS meant
        JOIN leads_user person ON person.id = meant.id AND person.is_active

        UNION ALL
        -- the lead's team, or the owner's if that has no address
        SELECT NULL, COALESCE(
            (SELECT NULLIF(CASE medium WHEN 'email' THEN team.email WHEN 'slack' THEN team.slack_channel END, '')
             FROM leads_team team WHERE team.id = lead_team),
            (SELECT CASE medium WHEN 'email' THEN team.email WHEN 'slack' THEN team.slack_channel END
             FROM leads_user owner JOIN leads_team team ON team.id = owner.team_id WHERE owner.id = lead_owner)
        )::text
        WHERE audience = 'team'

        UNION ALL
        SELECT NULL, fixed_address WHERE audience = 'fixed'
    ) AS recipient
    WHERE recipient.address <> ''
$$;
