-- What tools for reports may read: one row for each thing that the reports count, under columns that stay. Who can read a
-- view needs no right to the tables below it; nothing here names a buyer. The reports themselves read handoffs, rejections
-- and deals from here, so that there is one definition. New columns come last; none is taken away or changed.
CREATE SCHEMA IF NOT EXISTS reporting;

CREATE OR REPLACE VIEW reporting.leads AS
SELECT share.lead_id, lead.created_at AS captured_at, (lead.created_at AT TIME ZONE firm.time_zone)::date AS captured_on,
    to_char(lead.created_at AT TIME ZONE firm.time_zone + mod(8 - firm.week_starts, 7) * interval '1 day', 'IYYY-"W"IW')
        AS captured_week,
    to_char(lead.created_at AT TIME ZONE firm.time_zone, 'YYYY-MM') AS captured_month,
    lead.source, campaign.name AS campaign, lead.country, lead.state, owner.username AS owner, team.name AS team,
    share.mql = 1 AS reached_mql, share.sal = 1 AS reached_sal, share.sql = 1 AS reached_sql,
    share.opportunity = 1 AS reached_opportunity, share.won = 1 AS won
FROM handoff_firm firm, handoff_funnelshare share
JOIN leads_lead lead ON lead.id = share.lead_id
LEFT JOIN leads_campaign campaign ON campaign.id = lead.campaign_id
LEFT JOIN leads_user owner ON owner.id = lead.owner_id
LEFT JOIN leads_team team ON team.id = lead.team_id
WHERE share.counts AND share.leads = 1;

-- How soon a person was in contact with the buyer, and what came of it. A touch counts for the handoff in whose time it
-- was. The business time is that of the clock which that touch stopped. What was won counts for the last handoff of a
-- lead alone, so that no deal counts twice.
CREATE OR REPLACE VIEW reporting.handoffs AS
SELECT handoff.id AS handoff_id, handoff.lead_id, handoff.cycle, handoff.offered_at, (handoff.offered_at AT TIME ZONE firm.time_zone)::date AS offered_on,
    to_char(handoff.offered_at AT TIME ZONE firm.time_zone + mod(8 - firm.week_starts, 7) * interval '1 day', 'IYYY-"W"IW')
        AS offered_week,
    to_char(handoff.offered_at AT TIME ZONE firm.time_zone, 'YYYY-MM') AS offered_month,
    handoff.offered_to_id, handoff.decided_by_id, handoff.decided_at,
    touch.at AS contacted_at, date_part('epoch', touch.at - handoff.offered_at) AS seconds_to_contact,
    date_part('epoch', clock.elapsed) AS business_seconds_to_contact,
    handoff.decision <> '' AS decided, handoff.decision = 'accepted' AS accepted,
    following.at IS NULL AND EXISTS (
        SELECT FROM leads_opportunity deal WHERE deal.lead_id = handoff.lead_id AND deal.state = 'won'
    ) AS won,
    EXISTS (
        SELECT FROM handoff_rejection rejection JOIN leads_reason reason ON reason.id = rejection.reason_id
        WHERE rejection.lead_id = handoff.lead_id AND rejection.cycle = handoff.cycle
            AND reason.counts_against = 'marketing' AND NOT reason.counts_as_valid AND rejection.from_state <> 'raw'
            AND NOT EXISTS (
                SELECT FROM handoff_dispute dispute
                WHERE dispute.rejection_id = rejection.id AND dispute.decision = 'overturned')
    ) AS against_marketing
FROM handoff_firm firm, handoff_handoff handoff
JOIN leads_lead lead ON lead.id = handoff.lead_id AND lead.merged_into_id IS NULL
LEFT JOIN LATERAL (
    SELECT later.offered_at AS at FROM handoff_handoff later
    WHERE later.lead_id = handoff.lead_id AND later.cycle > handoff.cycle ORDER BY later.cycle LIMIT 1
) following ON true
LEFT JOIN LATERAL (
    SELECT min(touch.at) AS at FROM leads_touch touch
    WHERE touch.lead_id = handoff.lead_id AND NOT touch.automatic AND touch.at >= handoff.offered_at
        AND (following.at IS NULL OR touch.at < following.at)
) touch ON true
LEFT JOIN LATERAL (
    SELECT stopped.elapsed FROM sla_clock stopped
    WHERE stopped.lead_id = handoff.lead_id AND stopped.metric = 'speed_to_lead' AND stopped.cycle = handoff.cycle
        AND stopped.stopped_at = touch.at AND stopped.state IN ('met', 'breached') LIMIT 1
) clock ON true;

-- The rejections by sales, with marketing's answer and what the arbiter decided.
CREATE OR REPLACE VIEW reporting.rejections AS
SELECT rejection.id AS rejection_id, rejection.lead_id, rejection.cycle, rejection.at AS rejected_at,
    (rejection.at AT TIME ZONE firm.time_zone)::date AS rejected_on,
    to_char(rejection.at AT TIME ZONE firm.time_zone + mod(8 - firm.week_starts, 7) * interval '1 day', 'IYYY-"W"IW')
        AS rejected_week,
    to_char(rejection.at AT TIME ZONE firm.time_zone, 'YYYY-MM') AS rejected_month,
    rejection.by_id AS rejected_by_id, reason.code AS reason, reason.label AS reason_label, reason.counts_against,
    NULLIF(rejection.answer, '') AS answer, rejection.answered_at,
    date_part('epoch', rejection.answered_at - rejection.at) AS seconds_to_answer,
    date_part('epoch', clock.elapsed) AS business_seconds_to_answer,
    dispute.id IS NOT NULL AS disputed, COALESCE(dispute.decision <> '', false) AS dispute_decided,
    COALESCE(dispute.decision = 'overturned', false) AS overturned, reason.counts_as_valid
FROM handoff_firm firm, handoff_rejection rejection
JOIN leads_reason reason ON reason.id = rejection.reason_id
LEFT JOIN handoff_dispute dispute ON dispute.rejection_id = rejection.id
LEFT JOIN LATERAL (
    SELECT stopped.elapsed FROM sla_clock stopped
    WHERE stopped.lead_id = rejection.lead_id AND stopped.metric = 'time_to_answer'
        AND stopped.stopped_at = rejection.answered_at AND stopped.state IN ('met', 'breached') LIMIT 1
) clock ON true
WHERE rejection.from_state <> 'raw';

CREATE OR REPLACE VIEW reporting.deals AS
SELECT deal.id AS deal_id, deal.lead_id, deal.state, deal.amount, deal.currency, deal.owner_id AS seller_id, deal.opened_at,
    deal.closed_at, (deal.closed_at AT TIME ZONE firm.time_zone)::date AS closed_on,
    to_char(deal.closed_at AT TIME ZONE firm.time_zone + mod(8 - firm.week_starts, 7) * interval '1 day', 'IYYY-"W"IW')
        AS closed_week,
    to_char(deal.closed_at AT TIME ZONE firm.time_zone, 'YYYY-MM') AS closed_month,
    date_part('epoch', deal.closed_at - lead.created_at) AS seconds_since_capture
FROM handoff_firm firm, leads_opportunity deal
JOIN leads_lead lead ON lead.id = deal.lead_id AND lead.merged_into_id IS NULL;

-- The clocks as they stand at the moment of asking.
CREATE OR REPLACE VIEW reporting.clocks AS
SELECT clock.id AS clock_id, clock.lead_id, clock.metric, clock.cycle, policy.key AS policy,
    policy.version AS policy_version, clock.owner_id, clock.team_id, clock.started_at, clock.due_at, clock.stopped_at,
    (COALESCE(clock.stopped_at, clock.due_at) AT TIME ZONE firm.time_zone)::date AS counted_on,
    to_char(COALESCE(clock.stopped_at, clock.due_at) AT TIME ZONE firm.time_zone + mod(8 - firm.week_starts, 7) * interval '1 day', 'IYYY-"W"IW')
        AS counted_week,
    to_char(COALESCE(clock.stopped_at, clock.due_at) AT TIME ZONE firm.time_zone, 'YYYY-MM') AS counted_month,
    CASE
        WHEN clock.state = 'running' AND (clock.due_at IS NULL OR clock.due_at >= now()) THEN 'running'
        WHEN clock.state IN ('met', 'cancelled') THEN clock.state
        WHEN clock.excused_by_id IS NOT NULL THEN 'excused'
        ELSE 'breached'
    END AS outcome,
    clock.stopped_at IS NULL AND clock.due_at < now() AS overdue,
    CASE WHEN clock.state IN ('met', 'breached') THEN date_part('epoch', clock.elapsed) END AS business_seconds,
    CASE WHEN clock.state IN ('met', 'breached') THEN date_part('epoch', clock.stopped_at - clock.started_at) END
        AS wall_seconds
FROM handoff_firm firm, sla_clock clock JOIN sla_policy policy ON policy.id = clock.policy_id;

CREATE OR REPLACE VIEW reporting.people AS
SELECT person.id AS person_id, person.username, NULLIF(btrim(person.first_name || ' ' || person.last_name), '') AS name,
    team.name AS team, person.is_active
FROM leads_user person LEFT JOIN leads_team team ON team.id = person.team_id;

CREATE OR REPLACE VIEW reporting.campaigns AS
SELECT id AS campaign_id, name, cost, NULLIF(currency, '') AS currency, starts_on, ends_on FROM leads_campaign;
