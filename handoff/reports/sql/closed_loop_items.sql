-- The amounts of the deals won with the leads captured in a period, shared among the campaigns that touched the buyer: the
-- whole to the first or to the last of them, or an equal share to each. Cents that do not divide go to the earliest, so
-- that the shares of a deal are its amount, to the cent; in another currency the amount is converted before it is shared.
-- What no campaign touched goes to none.
-- A capture is a touch of its own, unless a touchpoint of the same campaign is on the same day; so is that of a lead which
-- was merged, and would count beside the form by which it came.
WITH deal AS (
    SELECT deal.id, deal.lead_id, money.unit AS currency, round(money.value * 100)::bigint AS cents, lead.created_at,
        lead.campaign_id, lead.source, (deal.closed_at AT TIME ZONE firm.time_zone)::date AS closed_on,
        (lead.created_at AT TIME ZONE firm.time_zone)::date AS captured_on, firm.time_zone
    FROM handoff_firm firm, leads_opportunity deal
    JOIN leads_lead lead ON lead.id = deal.lead_id AND lead.merged_into_id IS NULL, handoff_in_currency(
        deal.amount, deal.currency, (deal.closed_at AT TIME ZONE firm.time_zone)::date, %(wanted)s, %(rates)s, %(version)s
    ) money
    WHERE deal.state = 'won' AND deal.amount IS NOT NULL AND lead.created_at >= %(start)s AND lead.created_at < %(end)s
), point AS (
    SELECT deal.id AS deal_id, point.campaign_id, point.source, point.at, point.id AS number,
        (point.at AT TIME ZONE deal.time_zone)::date AS touched_on
    FROM deal JOIN leads_touchpoint point ON point.lead_id = deal.lead_id
    WHERE point.campaign_id IS NOT NULL
        AND (deal.closed_on IS NULL OR (point.at AT TIME ZONE deal.time_zone)::date <= deal.closed_on)
        AND NOT (point.kind = 'enquiry' AND EXISTS (
            SELECT FROM leads_touchpoint same
            WHERE same.lead_id = point.lead_id AND same.campaign_id = point.campaign_id AND same.kind <> 'enquiry'
                AND (same.at AT TIME ZONE deal.time_zone)::date = (point.at AT TIME ZONE deal.time_zone)::date))
), touch AS (
    SELECT deal_id, campaign_id, source, at, number FROM point
    UNION ALL
    SELECT id, campaign_id, source, created_at, 0 FROM deal
    WHERE campaign_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM point
        WHERE point.deal_id = deal.id AND point.campaign_id = deal.campaign_id AND touched_on = captured_on)
), placed AS (
    SELECT touch.*, row_number() OVER (PARTITION BY deal_id ORDER BY at, number) AS place,
        count(*) OVER (PARTITION BY deal_id) AS many
    FROM touch
)
SELECT deal.lead_id, deal.created_at AS at, deal.currency, placed.campaign_id,
    CASE WHEN placed.many IS NULL THEN deal.source ELSE placed.source END AS source,
    CASE
        WHEN placed.many IS NULL THEN deal.cents
        WHEN %(model)s = 'linear' THEN deal.cents / placed.many + (placed.place <= mod(deal.cents, placed.many))::int
        ELSE deal.cents
    END AS cents
FROM deal LEFT JOIN placed ON placed.deal_id = deal.id
WHERE placed.many IS NULL OR %(model)s = 'linear' OR %(model)s = 'first' AND placed.place = 1
    OR %(model)s = 'last' AND placed.place = placed.many
