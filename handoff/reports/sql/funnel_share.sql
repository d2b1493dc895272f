-- What each lead adds to the funnel: its stages, and on a row for each deal the amount that was won with it.
-- This is the one definition: the triggers, check_integrity, and periods that cut a month all read it.
CREATE OR REPLACE VIEW handoff_funnelshare AS
SELECT lead.id AS lead_id, lead.created_at, lead.merged_into_id IS NULL AS counts,
    date_trunc('month', lead.created_at AT TIME ZONE 'UTC')::date AS month,
    COALESCE(lead.campaign_id, 0) AS campaign_id, lead.source, ''::varchar AS currency, 1 AS leads,
    reached.mql, reached.sal, reached.sql, reached.opportunity,
    EXISTS (SELECT FROM leads_opportunity WHERE lead_id = lead.id AND state = 'won')::int AS won,
    0 AS priced, 0::numeric AS amount
FROM leads_lead lead, LATERAL (
    SELECT COALESCE(max((to_state = 'mql')::int), 0) AS mql, COALESCE(max((to_state = 'sal')::int), 0) AS sal,
        COALESCE(max((to_state = 'sql')::int), 0) AS sql,
        COALESCE(max((to_state = 'opportunity')::int), 0) AS opportunity
    FROM leads_transition WHERE lead_id = lead.id AND from_state <> to_state
        AND NOT EXISTS (SELECT FROM leads_takenback WHERE act_id = leads_transition.id)
) reached
UNION ALL
SELECT lead.id, lead.created_at, lead.merged_into_id IS NULL,
    date_trunc('month', lead.created_at AT TIME ZONE 'UTC')::date,
    COALESCE(lead.campaign_id, 0), lead.source, deal.currency, 0, 0, 0, 0, 0, 0, 1, deal.amount
FROM leads_lead lead JOIN leads_opportunity deal ON deal.lead_id = lead.id
WHERE deal.state = 'won' AND deal.amount IS NOT NULL;
