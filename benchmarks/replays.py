"""A draft of the definition replayed over a million handoffs, and the finder over them, beside SQL written by hand."""

import time
from collections.abc import Callable
from contextlib import ExitStack

from django.db import connection, transaction

from benchmarks.harness import Ask, Contender, Figures, Part
from benchmarks.reports import DEFAULTS
from handoff.improving.finder import find
from handoff.improving.replay import Verdict, replay
from leads.models import Attribute, AttributeType

HANDOFFS, CAMPAIGNS, SOURCES = 1_000_000, 100, 8
# What sales rejects is small, or one of twenty. What a packet holds is as much as one of a usual lead.
LOAD = f"""
SELECT setseed(0.5);
CREATE TEMPORARY TABLE fate AS
SELECT n AS id, random() AS u, now() - interval '1 day' - interval '730 days' * random() AS at,
    1 + floor(random() * {CAMPAIGNS})::int AS campaign, floor(random() * {SOURCES})::int AS source,
    floor(random() * 100)::int AS score, (array[5, 20, 60, 150, 400])[1 + floor(random() * 5)] AS employees,
    1 + floor(random() * 6)::int AS points
FROM generate_series(1, %(handoffs)s) n;
INSERT INTO leads_lead (id, email, name, company, country, source, state, entered_at, cycle, created_at)
SELECT id, 'lead' || id || '@buyer.example', 'Lead ' || id, 'Company ' || id %% 5000, 'DE', 'source' || source, 'raw',
    at, 1, at
FROM fate;
INSERT INTO leads_transition (id, lead_id, verb, from_state, to_state, cycle, at, recorded_at, via)
SELECT id, id, 'promote', 'raw', 'mql', 1, at, at, 'api' FROM fate
UNION ALL SELECT id + %(handoffs)s, id, 'reject', 'mql', 'rejected', 1, at, at, 'api' FROM fate
WHERE employees < 50 AND u < 0.8 OR u < 0.05;
INSERT INTO handoff_handoff (lead_id, cycle, transition_id, packet, facts, offered_at, decision, decided_at)
SELECT id, 1, id, jsonb_build_object('name', 'Lead ' || id, 'first_name', 'Lead', 'last_name', id::text,
        'email', 'lead' || id || '@buyer.example', 'company', 'Company ' || id %% 5000, 'title', 'Head of Operations',
        'phone', '', 'mobile_phone', '', 'preferred_channel', '', 'do_not_contact', false, 'do_not_contact_reason', '',
        'country', 'DE', 'source', 'source' || source, 'campaign', 'Campaign ' || campaign, 'score', score,
        'attributes.employees', employees, 'do_not_contact_since', null, 'consent', '{{}}'::jsonb, 'promise', '',
        'touchpoints', (
            SELECT jsonb_agg(jsonb_build_object('kind', 'form', 'at', at - p * interval '6 days', 'detail', '',
                'campaign', 'Campaign ' || campaign))
            FROM generate_series(1, points) p
        )), jsonb_build_object('team', '', 'owner', '', 'created_at', at), at,
    CASE WHEN employees < 50 AND u < 0.8 OR u < 0.05 THEN 'rejected' ELSE 'accepted' END, at
FROM fate ORDER BY id;
INSERT INTO handoff_rejection (lead_id, transition_id, cycle, from_state, reason_id, at, note, evidence,
    answer, answer_note)
SELECT id, id + %(handoffs)s, 1, 'mql', (SELECT id FROM leads_reason WHERE code = 'not_our_customer'), at, '',
    '{{}}', '', ''
FROM fate
WHERE employees < 50 AND u < 0.8 OR u < 0.05;
INSERT INTO leads_opportunity (lead_id, name, amount, currency, state, closed_at)
SELECT id, 'Deal', 100 + id %% 1000, 'EUR', 'won', now() FROM fate WHERE u > 0.95;
"""
DRAFT = [
    {"field": "score", "op": "at_least", "value": 40},
    {"field": "attributes.employees", "op": "at_least", "value": 50},
    {"field": "touchpoints", "op": "at_least", "value": 3, "within_days": 30},
]
# The same question as somebody would write it who knows these tables, this draft, and that nothing is missing. Each
# criterion stands by itself in the answer, as a replay says how many leads each would stop.
PLAIN = """
SELECT (packet ->> 'score')::numeric >= 40, (packet ->> 'attributes.employees')::numeric >= 50, (
        SELECT count(DISTINCT (point ->> 'kind', point ->> 'at', point ->> 'detail', point ->> 'campaign'))
        FROM jsonb_array_elements(packet -> 'touchpoints') point
        WHERE (point ->> 'at')::timestamptz BETWEEN offered_at - interval '30 days' AND offered_at
    ) >= 3,
    packet ->> 'campaign', packet ->> 'source', decision, reason_id, deal.lead_id IS NOT NULL, count(*), sum(amount)
FROM handoff_handoff handoff
LEFT JOIN handoff_rejection rejection USING (lead_id, cycle)
LEFT JOIN (
    SELECT lead_id, sum(amount) AS amount FROM leads_opportunity WHERE state = 'won' GROUP BY lead_id
) deal USING (lead_id)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
"""


def prepare(scale: float, stack: ExitStack) -> Part:  # noqa: ARG001 nothing is to be stopped
    handoffs = round(HANDOFFS * scale)
    load(handoffs)
    return Part(
        f"A draft of three criteria over {handoffs:,} handoffs",
        [
            Contender("SQL by hand", timed(plain, handoffs)),
            Contender("replay", timed(lambda: replay(DRAFT), handoffs)),
            Contender("finder", timed(find, handoffs), rounds=1),
        ],
        [
            Ask("replay, of SQL by hand", "replay", "handoffs a second", "SQL by hand", at_least=0.5),
            Ask("seconds of a replay", "replay", "seconds", at_most=10 * max(scale, 0.05)),
        ],
        rounds=3,
        check=is_the_same,
    )


def timed(do: Callable[[], object], handoffs: int) -> Callable[[], Figures]:
    def run() -> Figures:
        began = time.perf_counter()
        do()
        seconds = time.perf_counter() - began
        return {"handoffs a second": handoffs / seconds, "seconds": seconds}

    return run


def plain() -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(PLAIN)
        return list(cursor.fetchall())


def is_the_same() -> None:
    passing = sum(int(str(row[8])) for row in plain() if all(row[:3]))
    assert passing == replay(DRAFT).verdicts[Verdict.PASS].handoffs > 0


def load(handoffs: int) -> None:
    Attribute.objects.create(key="employees", label="Employees", type=AttributeType.NUMBER)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(DEFAULTS)
        cursor.execute("; ".join(alter for (alter,) in cursor.fetchall()))
        for statement in LOAD.split(";\n"):
            if statement.strip():
                cursor.execute(statement, {"handoffs": handoffs})
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
