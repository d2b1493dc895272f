-- Each action that sales owes for the handoffs of a period that it has accepted: five of them where its tier demands
-- five. The first of them are done with the first touches, by a person, from the offer on, within the days that the tier
-- gives, and before the next offer. The terms are those in force on the day of the offer.
SELECT handoff.id * 100 + owed.nth AS id, handoff.lead_id, handoff.offered_at AS at, tier.tier,
    owed.nth <= touched.many AS done
FROM handoff_firm firm, handoff_handoff handoff
JOIN leads_lead lead ON lead.id = handoff.lead_id AND lead.merged_into_id IS NULL
CROSS JOIN LATERAL (
    SELECT terms.tier, terms.actions, terms.within_days
    FROM (
        SELECT DISTINCT ON (tier) tier, score_from, actions, within_days FROM handoff_requiredactions
        WHERE starts_on <= (handoff.offered_at AT TIME ZONE firm.time_zone)::date
        ORDER BY tier, starts_on DESC
    ) terms
    WHERE CASE
        WHEN COALESCE(handoff.packet ->> 'fit_grade', '') <> '' THEN terms.tier = handoff.packet ->> 'fit_grade'
        WHEN jsonb_typeof(handoff.packet -> 'score') = 'number'
            THEN terms.score_from <= (handoff.packet ->> 'score')::numeric
        ELSE false
    END
    ORDER BY terms.score_from DESC NULLS LAST LIMIT 1
) tier
CROSS JOIN LATERAL (
    SELECT min(later.offered_at) AS at FROM handoff_handoff later
    WHERE later.lead_id = handoff.lead_id AND later.cycle > handoff.cycle
) following
CROSS JOIN LATERAL (
    SELECT count(*) AS many FROM leads_touch touch
    WHERE touch.lead_id = handoff.lead_id AND NOT touch.automatic AND NOT touch.inbound
        AND touch.at >= handoff.offered_at AND touch.at < handoff.decided_at + tier.within_days * interval '1 day'
        AND (following.at IS NULL OR touch.at < following.at)
) touched
CROSS JOIN LATERAL generate_series(1, tier.actions) owed (nth)
WHERE handoff.decision = 'accepted' AND handoff.offered_at >= %(start)s AND handoff.offered_at < %(end)s
