SELECT letters, campaign, source, decision, reason_id, is_won, COALESCE(currency, ''), sum(handoffs)::bigint, sum(amount)
FROM (
    -- First the groups of all three, which processes may count in parallel; these are few, and added up thrice.
    SELECT letters, campaign, source, decision, reason_id, is_won, currency, count(*) FILTER (WHERE counts) AS handoffs,
        sum(amount) AS amount
    FROM {}
    GROUP BY 1, 2, 3, 4, 5, 6, 7
) counted
-- Of all, by campaign and by source.
GROUP BY GROUPING SETS (
    (letters, decision, reason_id, is_won, currency),
    (letters, decision, reason_id, is_won, currency, campaign),
    (letters, decision, reason_id, is_won, currency, source)
)
ORDER BY letters, campaign, source, decision, reason_id, is_won, currency
