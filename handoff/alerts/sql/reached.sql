-- Whom these audiences would reach. The number says to which of the questions a row belongs.
SELECT question.number, reached.user_id, reached.address
FROM unnest(
    %(audiences)s::text[], %(media)s::text[], %(addresses)s::text[],
    %(owners)s::bigint[], %(teams)s::bigint[], %(campaigns)s::bigint[]
) WITH ORDINALITY AS question (audience, medium, address, owner_id, team_id, campaign_id, number)
CROSS JOIN LATERAL handoff_recipients(
    question.audience, question.medium, question.address, question.owner_id, question.team_id, question.campaign_id
) AS reached
ORDER BY question.number, reached.user_id
