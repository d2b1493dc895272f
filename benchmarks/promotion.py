"""Promotion by itself: raw leads that come to meet the definition, beside the same statements sent by pgbench."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from django.utils import timezone

from benchmarks.clones import Mould, set_tables_apart
from benchmarks.databases import execute
from benchmarks.harness import Ask, Contender, Figures, Part
from benchmarks.replay import record
from benchmarks.transition import WARM_UP, by_pgbench
from handoff.agreement.definitions import draft, sign
from handoff.demo.agreement import make_agreement
from handoff.demo.people import Cast, make_people
from handoff.models import Handoff
from handoff.workflow import promotion
from leads.models import Candidate, Definition, Lead, State

LEADS, TOUCHES = 3_000, 20_000
ITSELF, LIMIT, RATE = "by itself", "pgbench", "leads a second"
MARKED, UNMARKED = "touchpoints, marked", "touchpoints, not marked"
CRITERIA = [{"field": "touchpoints", "op": "at_least", "value": 3, "within_days": 30}]
TOUCH = """
INSERT INTO leads_touchpoint (lead_id, kind, at, detail, system, external_id)
SELECT lead_id, 'form', now() - n * interval '1 day', '', '', ''
FROM unnest(%s::bigint[]) lead_id, generate_series(1, 3) n
"""
# A loop, as systems send one at a time: the trigger is called by statements.
TOUCH_ONE_BY_ONE = """
DO $$ BEGIN FOR n IN 1 .. {} LOOP
    INSERT INTO leads_touchpoint (lead_id, kind, at, detail, system, external_id)
    VALUES ({}, 'visit', now(), '', '', '');
END LOOP; END $$
"""


class Touched(Mould):
    """Copies of a raw lead whose buyer has done enough since."""

    def cast(self, count: int) -> range:
        ids = super().cast(count)
        execute(TOUCH, [list(ids)])
        execute("ANALYZE leads_lead, leads_touchpoint, leads_candidate")
        return ids


def prepare(scale: float, stack: ExitStack) -> Part:
    set_tables_apart()
    definition = in_force(make_people())
    mould = Touched(Lead.objects.create(email="dana@buyer.example", name="Dana Fox", company="Fox Freight", score=60))
    script = Path(stack.enter_context(TemporaryDirectory())) / "promote.sql"
    script.write_text(record(lambda lead_id: promotion._promote_in_turn(lead_id, definition), mould))  # noqa: SLF001
    leads, touches = max(int(LEADS * scale), 2 * WARM_UP), max(int(TOUCHES * scale), 1000)
    contenders = [
        Contender(LIMIT, lambda: promoted(mould, leads, lambda ids: by_pgbench(script, mould, ids, 1), WARM_UP)),
        Contender(ITSELF, lambda: promoted(mould, leads, by_worker)),
        Contender(UNMARKED, lambda: touched(mould, touches, is_marked=False)),
        Contender(MARKED, lambda: touched(mould, touches, is_marked=True)),
    ]
    asks = [Ask("leads a second, of pgbench", ITSELF, RATE, to=LIMIT, at_least=0.5)]
    return Part(f"{leads:,} raw leads come to meet the definition", contenders, asks, rounds=3)


def in_force(cast: Cast) -> Definition:
    """A definition that promotes, when all leads there were have been looked at."""
    make_agreement(cast, timezone.now())
    terms = {"promotes": True, "receiver": "queue", "team": cast.teams["Berlin"]}
    written = draft("mql", "Worth a call.", CRITERIA, **terms)
    for name in ("nora", "max"):
        written = sign(written.pk, by=cast[name], seen=written.digest)
    promotion.run()
    return Definition.objects.get(pk=written.pk)


def promoted(mould: Mould, count: int, promote: Callable[[range], float], warm_up: int = 0) -> Figures:
    """Let them be promoted, and check that each was, once."""
    ids = mould.cast(count)
    seconds = promote(ids)
    assert Lead.objects.filter(pk__in=ids, state=State.MQL).count() == count
    assert Handoff.objects.filter(lead__in=ids).count() == count
    Candidate.objects.all().delete()
    return {RATE: (count - warm_up) / seconds}


def by_worker(_ids: range) -> float:
    """All that is marked."""
    begun = time.perf_counter()
    promotion.run()
    return time.perf_counter() - begun


def touched(mould: Mould, count: int, *, is_marked: bool) -> Figures:
    """What a touchpoint of a raw lead costs the database, with the mark and without."""
    lead = mould.cast(1)[0]
    execute(f"ALTER TABLE leads_touchpoint {'ENABLE' if is_marked else 'DISABLE'} TRIGGER leads_candidate_touched")
    begun = time.perf_counter()
    execute(TOUCH_ONE_BY_ONE.format(count, lead))
    seconds = time.perf_counter() - begun
    execute("ALTER TABLE leads_touchpoint ENABLE TRIGGER leads_candidate_touched")
    Candidate.objects.all().delete()
    return {RATE: count / seconds}
