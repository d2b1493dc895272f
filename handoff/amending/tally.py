"""Count all disagreements by kind, and keep the first of each: bounded, however many there are and whoever looks."""

import gc
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import chain, pairwise
from multiprocessing import get_context

import django
from django.db import connection

from handoff.amending.integrity import Finding, Kind, of_leads, of_records
from handoff.reports import proving, rollup
from leads.models import Lead

RANGE = 10_000  # leads that one process looks at before it takes more: below two of them one process is quicker
SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
_ENDS = "SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM leads_lead) AS lead WHERE n %% %s = 0"


@dataclass
class Tally:
    """How many disagreements there are of each kind, with the words of the first `most` of each."""

    most: int
    counts: Counter[Kind] = field(default_factory=Counter)
    first: defaultdict[Kind, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, findings: Iterable[Finding]) -> "Tally":
        for kind, words in findings:
            self.counts[kind] += 1
            if len(self.first[kind]) < self.most:
                self.first[kind].append(words)
        return self

    def merge(self, other: "Tally") -> None:
        self.counts.update(other.counts)
        for kind, words in other.first.items():
            self.first[kind] = (self.first[kind] + words)[: self.most]


def tally(most: int) -> Tally:
    """Look at everything in one snapshot of the database, with several processes if that pays.

    Call it in a transaction that has read nothing yet.
    """
    total = Tally(most)
    with connection.cursor() as cursor:
        cursor.execute(SNAPSHOT)
    ranges = list(_ranges())
    if len(ranges) < 2:
        return total.add(of_leads()).add(_of_the_rest())
    with _in_processes(ranges, most) as parts:
        rest = Tally(most).add(_of_the_rest())  # meanwhile
        for part in [*parts, rest]:
            total.merge(part)
    return total


def _of_the_rest() -> Iterator[Finding]:
    yield from of_records()
    yield from (Finding(Kind.REPORT, words) for words in chain(rollup.disagreements(), proving.disagreements()))


def _ranges() -> Iterator[tuple[int, int | None]]:
    """The ids of the leads in ranges of equal size, the last one open."""
    with connection.cursor() as cursor:
        cursor.execute(_ENDS, [RANGE])
        ends = [row[0] for row in cursor.fetchall()]
    return pairwise([0, *ends, *([None] if Lead.objects.filter(pk__gt=ends[-1] if ends else 0).exists() else [])])


@contextmanager
def _in_processes(ranges: list[tuple[int, int | None]], most: int) -> Iterator[Iterator[Tally]]:
    """Other processes look at the same snapshot, which lives for as long as this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
    look = partial(_look, most, connection.settings_dict["NAME"], snapshot)
    # Not forked: a child would share the session of its parent.
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), django.setup) as pool:
        yield pool.map(look, ranges)


@cache
def _begin(database: str, snapshot: str) -> None:
    """Once in each process: take part in the snapshot."""
    gc.disable()  # it would take a fifth of the time, and there is hardly any garbage: once a range is enough
    gc.freeze()  # what is imported is none
    connection.settings_dict["NAME"] = database
    connection.set_autocommit(False)
    with connection.cursor() as cursor:
        cursor.execute(SNAPSHOT)
        cursor.execute("SET TRANSACTION SNAPSHOT %s", [snapshot])


def _look(most: int, database: str, snapshot: str, ids: tuple[int, int | None]) -> Tally:
    _begin(database, snapshot)
    try:
        return Tally(most).add(of_leads(*ids))
    finally:
        gc.collect()
