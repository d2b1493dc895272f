-- What is looked at for signals, and whether it is one. Each is of the person who did it; the thresholds are those that
-- handoff/reports/signals.py puts into words. An offer or rejection at the end of a month is judged by the firm's calendar.
WITH firm AS (SELECT time_zone AS zone FROM handoff_firm),
-- A touch by hand, with those of the same person around it on that day: enough of the days before and after are read.
touched AS (
    SELECT act.id, act.lead_id, act.by_id, act.at,
        act.at - lag(act.at) OVER those AS since_first, act.at - lag(act.at, 2) OVER those AS since_second,
        lead(act.at) OVER those - act.at AS until_first, lead(act.at, 2) OVER those - act.at AS until_second
    FROM leads_transition act, firm
    WHERE act.verb = 'touch' AND act.via IN ('console', 'slack') AND act.by_id IS NOT NULL
        AND act.at >= %(start)s::timestamptz - %(apart)s * interval '2 seconds'
        AND act.at < %(end)s::timestamptz + %(apart)s * interval '2 seconds'
        AND NOT EXISTS (SELECT FROM leads_takenback WHERE act_id = act.id)
    WINDOW those AS (PARTITION BY act.by_id, (act.at AT TIME ZONE firm.zone)::date ORDER BY act.at, act.id)
)
SELECT thing.lead_id, thing.at, thing.signal, thing.person_id, thing.is_one
FROM (
    SELECT clock.lead_id, clock.stopped_at AS at, 'last_moment' AS signal, handoff.decided_by_id AS person_id,
        date_part('epoch', clock.elapsed) >= clock.target_seconds * %(last_share)s AND NOT EXISTS (
            SELECT FROM leads_touch touch
            WHERE touch.lead_id = handoff.lead_id AND NOT touch.automatic AND touch.at >= handoff.decided_at
                AND touch.at < COALESCE((
                    SELECT min(later.offered_at) FROM handoff_handoff later
                    WHERE later.lead_id = handoff.lead_id AND later.cycle > handoff.cycle), 'infinity')
        ) AS is_one
    FROM sla_clock clock
    JOIN handoff_handoff handoff ON handoff.lead_id = clock.lead_id AND handoff.cycle = clock.cycle
        AND handoff.decision = 'accepted' AND handoff.decided_at = clock.stopped_at
    WHERE clock.metric = 'time_to_accept' AND clock.state = 'met'
        AND clock.stopped_at >= %(start)s AND clock.stopped_at < %(end)s
    UNION ALL
    SELECT lead_id, at, 'in_a_row', by_id,
        COALESCE(
            (since_first <= gap AND since_second - since_first <= gap)
            OR (since_first <= gap AND until_first <= gap)
            OR (until_first <= gap AND until_second - until_first <= gap), false)
    FROM touched, LATERAL (SELECT %(apart)s * interval '1 second' AS gap) apart
    WHERE at >= %(start)s AND at < %(end)s
    UNION ALL
    SELECT rejection.lead_id, rejection.at, looked.signal, rejection.by_id,
        CASE looked.signal WHEN 'other' THEN reason.code = 'other' ELSE
            (rejection.at AT TIME ZONE firm.zone + %(last_days)s * interval '1 day') >= date_trunc(
                'month', rejection.at AT TIME ZONE firm.zone) + interval '1 month'
        END
    FROM firm, handoff_rejection rejection
    JOIN leads_reason reason ON reason.id = rejection.reason_id,
    LATERAL (VALUES ('late_rejections'), ('other')) looked (signal)
    WHERE rejection.from_state <> 'raw' AND rejection.at >= %(start)s AND rejection.at < %(end)s
    UNION ALL
    SELECT handoff.lead_id, handoff.offered_at, 'late_handoffs', act.by_id,
        (handoff.offered_at AT TIME ZONE firm.zone + %(last_days)s * interval '1 day') >= date_trunc(
            'month', handoff.offered_at AT TIME ZONE firm.zone) + interval '1 month'
    FROM firm, handoff_handoff handoff JOIN leads_transition act ON act.id = handoff.transition_id
    WHERE handoff.offered_at >= %(start)s AND handoff.offered_at < %(end)s
) thing
JOIN leads_lead kept ON kept.id = thing.lead_id AND kept.merged_into_id IS NULL
