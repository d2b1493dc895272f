"""What the database does by itself for an accept: the verb with its triggers and without some, in processor time."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from django.db import connection

from benchmarks.clones import Mould, set_tables_apart
from benchmarks.databases import execute
from benchmarks.harness import Ask, Contender, Figures, Part
from benchmarks.transition import check, in_process, offered_lead

ACCEPTS, WARM_UP = 300, 30  # of each in a round
WHOLE, COST = "an accept", "µs of the server"
# Which triggers rest, by their names.
WITHOUT = {
    "without the inbox": "^handoff_inbox_",
    "without marks of reports": "^handoff_report_",
    "without any figures kept": "^handoff_(report|funnel|attainment)_",
    "without marks for promotion": "^leads_candidate_",
    "without all of these": "^(handoff_(inbox|report|funnel|attainment)|leads_candidate)_",
}
NAMED = """
SELECT tgrelid::regclass::text, tgname FROM pg_trigger
WHERE NOT tgisinternal AND tgname ~ %s AND tgrelid::regclass::text IN
    ('leads_lead', 'leads_transition', 'handoff_handoff', 'sla_clock')
"""


def prepare(scale: float, stack: ExitStack) -> Part:  # noqa: ARG001 the same shape as the others
    set_tables_apart()
    mould, count = Mould(offered_lead()), max(int(ACCEPTS * scale), 50)
    contenders = [Contender(name, partial(accepts, mould, count, rest)) for name, rest in WITHOUT.items()]
    asks = [Ask(f"{WHOLE}, in times of one {name}", WHOLE, COST, to=name, at_most=1.1) for name in list(WITHOUT)[:3]]
    return Part(
        "What triggers cost an accept", [Contender(WHOLE, partial(accepts, mould, count)), *contenders], asks, rounds=7
    )


def accepts(mould: Mould, count: int, resting: str = "") -> Figures:
    """Accept fresh leads by the verb, and say what that took of the session that PostgreSQL has for it."""
    ids = mould.cast(WARM_UP + count)
    execute("VACUUM ANALYZE")
    work = in_process()
    with at_rest(resting):
        for lead_id in ids[:WARM_UP]:
            work(lead_id)
        cost, begun = processor_time(), time.perf_counter()
        for lead_id in ids[WARM_UP:]:
            work(lead_id)
        cost, seconds = processor_time() - cost, time.perf_counter() - begun
    check(ids)
    return {COST: cost / count, "ms": 1e3 * seconds / count}


@contextmanager
def at_rest(named: str) -> Iterator[None]:
    """Let these triggers rest meanwhile."""
    triggers = execute(NAMED, [named]) if named else []
    for table, trigger in triggers:
        execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
    yield
    for table, trigger in triggers:
        execute(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")


def processor_time() -> float:
    """Of our session of PostgreSQL, in µs: waits for the disk, and whatever else the machine does, are not in it."""
    pid = connection.connection.info.backend_pid
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e3
