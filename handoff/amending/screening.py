"""Pass the leads that agree with their history at sight, so that only the others need a thorough look.

It reads plain rows of many leads at once. Passing a lead is a proof; not passing it is none.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from django.db import connection
from psycopg import Cursor

from leads.models import Lead, State
from leads.sql import load
from sla.history import Versions
from sla.models import Policy
from sla.pattern import Act, Dues, Pattern, Patterns, StoredClock

_LEADS = """
SELECT id, state, owner_id, cycle, entered_at FROM leads_lead
WHERE id > %s AND id <= %s ORDER BY id LIMIT %s
"""
_DUES = "SELECT clock_id, step_id, due_at FROM {} WHERE clock_id = ANY(%s::bigint[])"
_when = attrgetter("at")
LAST_ID = 2**63 - 1
_NONE: Mapping[int, datetime] = {}


class StoredLead(NamedTuple):
    """One lead as it is read."""

    pk: int
    state: str
    owner: int | None
    cycle: int
    entered_at: datetime


def leads_after(last: int, until: int | None, count: int) -> list[StoredLead]:
    """The next leads by their ids."""
    return [StoredLead(*row) for row in _rows(_LEADS, last, until or LAST_ID, count)]


class Screen:
    """Passes leads by the patterns of their histories."""

    def __init__(self, versions: Versions, in_force: Sequence[Policy]) -> None:
        self._versions, self._in_force = versions, in_force
        self._patterns = Patterns(versions)

    def doubtful(self, leads: Sequence[StoredLead], now: datetime) -> list[int]:
        """The ids of the leads that it does not pass."""
        ids = leads[0].pk, leads[-1].pk
        acts, clocks = _by_lead(map(Act._make, _rows(load("handoff.amending", "acts.sql"), *ids))), _clocks(ids)
        clock_ids = [clock.pk for stored in clocks.values() for clock in stored]
        waiting, fired = _dues("sla_pendingalarm", clock_ids), _dues("sla_alarm", clock_ids)
        in_doubt, to_judge = set(), {}
        for lead in leads:
            stored = clocks.get(lead.pk, [])
            if not self._agrees(lead, acts.get(lead.pk, []), stored, waiting, fired):
                in_doubt.add(lead.pk)
            elif judged_by := [clock for clock in stored if self._could_move(clock, now)]:
                to_judge[lead.pk] = judged_by
        return sorted(in_doubt | set(self._misjudged(to_judge)))

    def _agrees(
        self,
        lead: StoredLead,
        acts: list[Act],
        clocks: list[StoredClock],
        waiting: Mapping[int, Dues],
        fired: Mapping[int, Dues],
    ) -> bool:
        happened = sorted(acts, key=_when)  # stable: at the same moment in the order in which they were written
        pattern = self._patterns.of(happened, acts)
        if pattern is None or len(pattern.outlines) != len(clocks) or not _stands(lead, pattern, happened):
            return False
        stored = {(clock.metric, clock.started_by): clock for clock in clocks}
        for outline in pattern.outlines:
            clock = stored.get((outline.metric, happened[outline.started].pk))
            if clock is None:
                return False
            if not outline.matches(clock, happened, waiting.get(clock.pk, _NONE), fired.get(clock.pk, _NONE)):
                return False
        return True

    def _could_move(self, clock: StoredClock, now: datetime) -> bool:
        """It is open, and a policy in force of another key could be the one that the facts of its lead ask for."""
        if clock.stopped_at is not None or (clock.due_at is not None and clock.due_at <= now):
            return False
        return any(self._rivals(clock))

    def _rivals(self, clock: StoredClock) -> Iterator[Policy]:
        key = self._versions.policy(clock.policy).key
        return (policy for policy in self._in_force if policy.metric == clock.metric and policy.key != key)

    def _misjudged(self, clocks: Mapping[int, Sequence[StoredClock]]) -> Iterator[int]:
        """The leads of whose clocks another policy would be chosen today, whether or not it should be."""
        for lead in Lead.objects.filter(pk__in=clocks).select_related("owner", "team", "campaign").order_by():
            for clock in clocks[lead.pk]:
                policies = [policy for policy in self._in_force if policy.metric == clock.metric]
                chosen = next((policy for policy in policies if policy.judges(lead)), None)
                if chosen and chosen.key != self._versions.policy(clock.policy).key:
                    yield lead.pk


def _stands(lead: StoredLead, pattern: Pattern, happened: Sequence[Act]) -> bool:
    """State, owner and cycle are those of the act that was written last, and it has stood there since it moved."""
    if pattern.last is None:
        return (lead.state, lead.cycle) == (State.RAW, 0)
    moved_at = lead.entered_at if pattern.moved is None else happened[pattern.moved].at
    should_be = (pattern.state, happened[pattern.last].owner, pattern.cycle, moved_at)
    return lead[1:] == should_be


def _clocks(ids: tuple[int, int]) -> Mapping[int, list[StoredClock]]:
    return _by_lead(map(StoredClock._make, _rows(load("handoff.amending", "clocks.sql"), *ids)))


def _by_lead(rows: Any) -> defaultdict[int, list[Any]]:
    grouped: defaultdict[int, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[row.lead].append(row)
    return grouped


def _dues(table: str, clocks: Sequence[int]) -> Mapping[int, dict[int, datetime]]:
    dues: defaultdict[int, dict[int, datetime]] = defaultdict(dict)
    listed = ",".join(map(str, clocks))
    for clock, step, due_at in _rows(_DUES.format(table), f"{{{listed}}}"):
        dues[clock][step] = due_at
    return dues


def _rows(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Read past Django, in binary: its loader of moments, written in Python, would take as long as all the rest."""
    connection.ensure_connection()
    with Cursor(connection.connection) as cursor:
        cursor.execute(sql, parameters, binary=True)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
