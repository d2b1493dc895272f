"""Imports as records: each is brought in chunk by chunk, and resumed by a worker if it is not finished.

A chunk and its progress are one transaction: whoever is killed when, each row is done once and counted once.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from psycopg.errors import DeadlockDetected

from handoff.alerts import worker
from handoff.alerts.leases import leased
from handoff.amending import undoing
from handoff.imports import previews, rights
from handoff.imports import run as importing
from handoff.imports.complaints import Complaints
from handoff.imports.hold import Hold
from handoff.imports.kind import Kind, Result, Row, refused
from handoff.imports.plan import Opening, Plan, unhurried
from handoff.imports.progress import count, finish, keep_rows
from handoff.imports.rows import noting_changes_of, write_as_author
from handoff.imports.run import written
from handoff.imports.stated_rows import StatedRows, StoredRepeats
from handoff.imports.table import Line
from handoff.imports.unreadable import Unreadable
from handoff.models import IN_PROGRESS, Import, ImportState

FIRST_ROWS = 25  # of the first chunk
LEAST_ROWS = 25  # of a chunk: else one that had to wait for a lock would make all later ones tiny
CHUNK_SECONDS = 0.1  # for which the leads of a chunk are held: whoever works with one of them waits so long
RUN_SECONDS = 30  # a run of a worker begins nothing after it; the next one goes on
SHARED_SECONDS = 0.5  # where one process does everything
LEASE = "imports"
LEASE_SECONDS = 30
ATTEMPTS = 5

log = structlog.get_logger(__name__)
GoOn = Callable[[], bool]
See = Callable[[Sequence[Line], Sequence[Result]], None]
Pair = tuple[Line, Row]
Done = tuple[Sequence[Line], Sequence[Result]]
AWAY = (OperationalError, InterfaceError)
"""The database is away: it goes on from here later."""


class _Overtaken(Exception):
    """It was stopped, or another process has dealt with these rows already."""


def run_in_turn() -> None:
    """Go on with what is in progress, the oldest first, unless a worker is at it already. Beat calls it."""
    unfinished = list(in_progress()[:10])
    if not unfinished:
        return
    seconds = SHARED_SECONDS if worker.has_one_process() else RUN_SECONDS
    with leased(LEASE, LEASE_SECONDS) as renew:
        if renew is None:
            return
        turn = _Turn(renew, time.monotonic() + seconds)
        for record in unfinished:
            try:
                run(record, turn.goes_on, opening=turn.opening)
            except AWAY:
                raise
            except Exception:
                # It is tried again in the next turn. Those behind it must not wait for it.
                log.exception("import_failed_for_now", id=record.pk)


@dataclass
class _Turn:
    """How long a worker goes on.

    Opening a file is not counted: it is opened in each turn, and one that takes longer would never get a row in.
    """

    renew: GoOn
    ends_at: float

    def goes_on(self) -> bool:
        return self.renew() and time.monotonic() < self.ends_at and not worker.is_shutting_down()

    @contextmanager
    def opening(self) -> Iterator[GoOn]:
        began = time.monotonic()
        yield self.renew
        self.ends_at += time.monotonic() - began


def in_progress() -> QuerySet[Import]:
    """Those to go on with: previews too."""
    wanted = Q(state__in=IN_PROGRESS) | Q(is_preview_wanted=True)
    return Import.objects.filter(wanted).defer("content").order_by("pk")


def _unseen(_lines: Sequence[Line], _results: Sequence[Result]) -> None:
    """Nobody looks at the rows as they are done."""


def run(record: Import, go_on: GoOn, see: See = _unseen, opening: Opening = unhurried) -> None:
    """Go on with one import, under a lease: that nothing is done twice is sure, but it would be tried twice.

    `see` gets the rows of each chunk, as the file has them, with their results, once they are committed.
    """
    with leased(f"import {record.pk}", LEASE_SECONDS) as renew:
        if not renew:
            return
        opening = partial(_renewing, opening, renew)
        if record.state == ImportState.UNDOING:
            undoing.run(record, lambda: renew() and go_on())
        elif record.state == ImportState.DRAFT:
            _try_out(record, lambda: renew() and go_on(), opening)
        else:
            _bring_in(record, lambda: renew() and go_on(), see, opening)


@contextmanager
def _renewing(opening: Opening, renew: GoOn) -> Iterator[GoOn]:
    with opening() as keep:
        yield lambda: renew() and keep()


def _try_out(draft: Import, go_on: GoOn, opening: Opening) -> None:
    try:
        previews.go_on(draft, go_on, opening)
    except AWAY:
        raise
    except Exception as error:
        log.exception("preview_failed", id=draft.pk)
        previews.give_up(draft, _failed(error))


def _failed(error: Exception) -> str:
    return f"It failed: {type(error).__name__}: {error}"


def _bring_in(record: Import, go_on: GoOn, see: See, opening: Opening = unhurried) -> None:
    waiting = Import.objects.filter(pk=record.pk, state=ImportState.WAITING)
    waiting.update(state=ImportState.RUNNING, started_at=timezone.now())
    record.refresh_from_db()
    if record.state != ImportState.RUNNING:
        return
    try:
        with opening() as keep:
            work = _Work.of(record, see, keep)
        while go_on() and work.do_chunk():
            pass
    except AWAY:
        raise
    except Unreadable as error:
        finish(record, ImportState.FAILED, str(error))
    except Exception as error:
        log.exception("import_failed", id=record.pk)
        finish(record, ImportState.FAILED, _failed(error))


@dataclass
class _Work:
    """One process that brings rows in."""

    record: Import
    plan: Plan
    kind: Kind
    rows: Iterator[Pair]
    stated: StatedRows
    see: See
    size: int
    position: int
    """Rows before the next one of `rows`. The cursor of the record is elsewhere if another process goes on with it."""

    @classmethod
    def of(cls, record: Import, see: See, keep: GoOn = lambda: True) -> "_Work":
        """Open the file; `keep` is asked meanwhile, so that the lease does not end by it."""
        if record.content is None:
            raise Unreadable("The file was deleted.")
        plan, stated = Plan.load(record.layout), StatedRows(record.pk)
        plan = replace(plan, reading=replace(plan.reading, repeats=StoredRepeats(stated), first_rows=stated))
        kind = importing.KINDS[record.kind]
        rows = plan.rows_left(bytes(record.content), kind, record.cursor, keep)
        record.content = None  # the rows hold what they need of it
        return cls(record, plan, kind, rows, stated, see, min(FIRST_ROWS, importing.CHUNK), record.cursor)

    def do_chunk(self) -> bool:
        """Bring some rows in; False when nothing more is to be done here."""
        self.record.refresh_from_db(fields=["state", "cursor", "by"])
        if self.record.state != ImportState.RUNNING or self.record.cursor != self.position:
            return False
        if words := rights.hindrance(self.record):
            return not finish(self.record, ImportState.STOPPED, words)
        pairs = list(islice(self.rows, self.size))
        if not pairs:
            return not finish(self.record, ImportState.DONE)
        hold = Hold()
        try:
            with connection.execute_wrapper(hold):
                # What is seen is committed. If it cannot be shown, that must not look as if it could not be written.
                for lines, results in self._write(pairs):
                    self.see(lines, results)
        except _Overtaken:
            return False
        self.position = self.record.cursor
        self._adapt(len(pairs), hold.seconds)
        return True

    def _adapt(self, done: int, seconds: float) -> None:
        """Take as many rows next as fit into the time that others may be made to wait."""
        fitting = int(done * CHUNK_SECONDS / max(seconds, 0.001))
        self.size = min(max(fitting, LEAST_ROWS), 2 * done, importing.CHUNK)

    def _write(self, pairs: Sequence[Pair]) -> Iterator[Done]:
        """Write rows, again after a deadlock; what is handed out is committed."""
        for attempt in range(1, ATTEMPTS + 1):
            self.stated.forget()
            try:
                done = self._write_once(pairs)
            except OperationalError as error:
                if not isinstance(error.__cause__, DeadlockDetected) or attempt == ATTEMPTS:
                    raise
            except (_Overtaken, InterfaceError):
                raise
            except Exception as error:
                log.exception("import_chunk_failed", id=self.record.pk, row=pairs[0][0].number)
                yield from self._set_aside(pairs, error)
                return
            else:
                yield done
                return

    def _set_aside(self, pairs: Sequence[Pair], error: Exception) -> Iterator[Done]:
        """Refuse a row that cannot be written for a fault of ours; of several, find it by writing them one by one."""
        self.stated.forget()
        if len(pairs) > 1:
            for pair in pairs:
                yield from self._write([pair])
            return
        [(line, row)] = pairs
        with transaction.atomic():
            results = [refused(row, ValidationError(_failed(error)))]
            advanced = self._advance([line], results)
        advanced.apply(self.record)
        yield [line], results

    def _write_once(self, pairs: Sequence[Pair]) -> Done:
        lines, rows = [line for line, _ in pairs], [row for _, row in pairs]
        with transaction.atomic():
            with noting_changes_of(self.record):
                results = list(written(rows, self._write_sound))
            self.stated.save()
            advanced = self._advance(lines, results)
        advanced.apply(self.record)
        return lines, results

    def _write_sound(self, rows: Sequence[Row]) -> Sequence[Result]:
        return write_as_author(self.record, rows, self.kind, self.plan.reading)

    def _advance(self, lines: Sequence[Line], results: Sequence[Result]) -> "_Advanced":
        """Write down how far it has come, provided that nobody else has: else what was just done is taken back."""
        record, complaints = self.record, Complaints.load(self.record.complaints)
        for result in results:
            complaints.add(result)
        keep_rows(record, lines, results)
        advanced = _Advanced(record.cursor + len(lines), complaints.plain(), count(results))
        still = Import.objects.filter(pk=record.pk, state=ImportState.RUNNING, cursor=record.cursor)
        more = {name: F(name) + number for name, number in advanced.counted.items()}
        if not still.update(cursor=advanced.cursor, complaints=advanced.complaints, **more):
            raise _Overtaken
        return advanced


@dataclass(frozen=True)
class _Advanced:
    """What a chunk adds to its record. It is added to the one in memory once the chunk is committed."""

    cursor: int
    complaints: list[dict[str, Any]]
    counted: Counter[str]

    def apply(self, record: Import) -> None:
        record.cursor, record.complaints = self.cursor, self.complaints
        for name, number in self.counted.items():
            setattr(record, name, getattr(record, name) + number)
