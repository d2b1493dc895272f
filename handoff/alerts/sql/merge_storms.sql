-- Whom more than `storm` messages wait for by one medium is sent all of them as one: they are marked as a digest. What
-- was tried before stays apart, as it may have arrived under its own key; and what is to wait for a daily digest is put
-- off as it is taken. The answer is the people for whom something merged is due, the most urgent first; a daily digest
-- comes last, as it has waited on purpose.
--
-- What is due is read once, and counted by windows: joined with its own counts, whose number the planner cannot know, it
-- would be read once for each of its rows.
WITH due AS MATERIALIZED (
    SELECT id, recipient_id, medium, address, is_fresh,
        min(priority) OVER place AS priority,
        count(*) FILTER (WHERE is_fresh) OVER place > %(storm)s AS is_storm,
        bool_or(digest) OVER place AS has_digest
    FROM (
        SELECT id, recipient_id, medium, address, digest, priority, NOT digest AND attempts = 0 AS is_fresh
        FROM handoff_delivery
        WHERE state = 'pending' AND next_attempt_at <= %(now)s AND recipient_id IS NOT NULL
            AND (notice_id IS NOT NULL OR NOT %(of_notices)s)
    ) AS waiting
    WINDOW place AS (PARTITION BY recipient_id, medium, address)
),
merged AS (
    UPDATE handoff_delivery SET digest = TRUE
    WHERE id IN (
        SELECT delivery.id
        FROM handoff_delivery delivery
        JOIN leads_user person ON person.id = delivery.recipient_id
        LEFT JOIN sla_alarm alarm ON alarm.id = delivery.alarm_id
        LEFT JOIN sla_step step ON step.id = alarm.step_id
        LEFT JOIN handoff_notice notice ON notice.id = delivery.notice_id
        WHERE delivery.id = ANY(ARRAY(SELECT id FROM due WHERE is_storm AND is_fresh))
            AND delivery.state = 'pending' AND delivery.next_attempt_at <= %(now)s
            AND (person.digest_at IS NULL OR step.pierces OR notice.pierces)
            AND (notice.id IS NULL OR notice.entries = '[]') -- a list is a message of its own
        FOR NO KEY UPDATE OF delivery SKIP LOCKED
    )
)
SELECT DISTINCT ON (urgency, place.recipient_id, place.medium, place.address)
    place.recipient_id, place.medium, place.address,
    CASE WHEN place.address ~ '^https?://' THEN split_part(place.address, '/', 3) ELSE place.medium END AS server,
    CASE WHEN person.digest_at IS NULL THEN place.priority ELSE 9 END AS urgency
FROM due AS place JOIN leads_user person ON person.id = place.recipient_id
WHERE (place.is_storm OR place.has_digest) AND NOT EXISTS (
    SELECT FROM handoff_ratelimit resting
    WHERE resting.until > %(now)s
        AND resting.receiver = CASE WHEN place.address ~ '^https?://' THEN md5(place.address) ELSE place.medium END
)
ORDER BY urgency, place.recipient_id, place.medium, place.address
