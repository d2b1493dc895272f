-- What became of the deals of before stands in no history: one act for each that is not as its conversion left it.
INSERT INTO leads_transition (lead_id, verb, from_state, to_state, cycle, owner_id, team_id, by_id, at, recorded_at, via,
    historical, facts, request_id)
SELECT lead.id, 'update_deal', lead.state, lead.state, lead.cycle, lead.owner_id, lead.team_id, NULL,
    LEAST(COALESCE(deal.closed_at, now()), now()), now(), 'system', true,
    jsonb_strip_nulls(jsonb_build_object(
        'deal', deal.id,
        'name', deal.name,
        'amount', deal.amount::text,
        'currency', NULLIF(deal.currency, ''),
        'expected_close', deal.expected_close,
        'state', deal.state,
        'closed_at', to_char(deal.closed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
    )),
    ''
FROM leads_opportunity deal JOIN leads_lead lead ON lead.id = deal.lead_id
WHERE deal.state <> 'open' OR NOT EXISTS (
    SELECT FROM leads_transition
    WHERE lead_id = deal.lead_id AND verb = 'convert' AND facts ->> 'name' = deal.name
        AND COALESCE((facts ->> 'amount')::numeric, 0) = COALESCE(deal.amount, 0)
        AND COALESCE(facts ->> 'currency', '') = deal.currency
        AND (facts ->> 'expected_close')::date IS NOT DISTINCT FROM deal.expected_close
)
