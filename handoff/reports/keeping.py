"""Answer from the figures that are kept by day, and from the tables where something has changed since (see ADR 30)."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from django.db import connection, transaction
from django.utils import timezone
from psycopg import Cursor

from handoff.models import Firm, ReportQuestion
from handoff.reports.rows import Rows
from handoff.reports.tally import Kept, Tallies, added, read
from handoff.reports.tiles import Bounds, Span, joined, laid_out, month_of, year_of
from leads.sql import load

ASKED_AGAIN = timedelta(hours=1)
"""A question that is asked all the time is noted so often."""
_SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_NOTE = """
INSERT INTO handoff_reportquestion (digest, definition, "by", "values", asked_at) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (digest) DO UPDATE SET asked_at = EXCLUDED.asked_at
"""
_SPANS = "SELECT first, until FROM handoff_reportspan WHERE question_id = %s AND first >= %s AND until <= %s"
FORMAT = 2
"""Of what is stored: figures of another one are not read."""
_FIGURES = """
SELECT first, until, figures, runs FROM handoff_reportspan
WHERE question_id = %s AND (first, until) IN (SELECT * FROM unnest(%s::date[], %s::date[]))
"""


class Question(NamedTuple):
    """What is asked of a report, whatever the period."""

    by: str
    rows: Rows
    values: Mapping[str, Any]


class Countable(Protocol):
    """What can be counted by day."""

    @property
    def definition(self) -> str: ...
    def again(self, by: str, values: Mapping[str, Any]) -> Question: ...
    def by_day(self, question: Question, bounds: Bounds, now: datetime) -> dict[date, Tallies]: ...
    def total(self, question: Question, bounds: Bounds, now: datetime) -> Tallies: ...
    def unkept(self, question: Question, period: Bounds, now: datetime) -> Tallies: ...


offered: dict[str, Countable] = {}
"""By the digest of their definition, all that can be kept."""


def offer(countable: Countable) -> None:
    offered[digest(countable.definition)] = countable


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of(definition: str, question: Question, firm: Firm) -> str:
    """It changes with whatever changes the figures of all days at once, so that those are then not read any more."""
    rows = question.rows
    calendar = firm.time_zone, firm.week_starts, firm.year_starts
    values = sorted(question.values.items())
    return digest(json.dumps([FORMAT, definition, question.by, rows.key, rows.name, rows.joins, values, calendar]))


def matter_of(asked: ReportQuestion, firm: Firm) -> tuple[Countable, Question, Firm] | None:
    """What a stored question is about; nothing where it is counted otherwise today, as after an upgrade."""
    countable = offered.get(asked.definition)
    if countable is None:
        return None
    try:
        question = countable.again(asked.by, asked.values)
    except LookupError:  # an attribute that was removed
        return None
    return (countable, question, firm) if digest_of(asked.definition, question, firm) == asked.digest else None


class Asked(NamedTuple):
    """Something that is to be kept because somebody asked for it."""

    name: str
    definition: str
    question: Question


@dataclass
class Snapshot:
    """One state of the database. What every question needs of it is read once."""

    asked: list[Asked] = field(default_factory=list)

    @cached_property
    def firm(self) -> Firm:
        return Firm.of_now()

    @cached_property
    def stale(self) -> set[date] | None:
        return stale_days(self.firm)

    def note(self) -> None:
        for name, definition, question in self.asked:
            with connection.cursor() as cursor:
                values = json.dumps(dict(question.values))
                cursor.execute(_NOTE, [name, definition, question.by, values, timezone.now()])


_current: ContextVar[Snapshot | None] = ContextVar("snapshot", default=None)


@contextmanager
def snapshot() -> Iterator[Snapshot]:
    """All statements see one state of the database. What is asked meanwhile is noted afterwards: nothing is written."""
    if outer := _current.get():
        yield outer
        return
    seen = Snapshot()
    with _isolated(seen):
        yield seen
    seen.note()


def firm_of_now() -> Firm:
    """The firm, read once for all that is asked of one state of the database."""
    seen = _current.get()
    return seen.firm if seen else Firm.of_now()


@contextmanager
def _isolated(seen: Snapshot) -> Iterator[None]:
    if connection.in_atomic_block:  # it has its own, which may see more with each statement: nothing is shared
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SNAPSHOT)
        token = _current.set(seen)
        try:
            yield
        finally:
            _current.reset(token)


def tallies(countable: Countable, question: Question, period: Bounds, now: datetime) -> Tallies | None:
    """What a period adds up to; nothing if none of it is kept, so that all of it is better counted at once."""
    try:
        json.dumps(dict(question.values))
    except TypeError:  # like a moment, of which each is asked once
        return None
    with snapshot() as seen:
        definition = digest(countable.definition)
        name = digest_of(definition, question, seen.firm)
        stored = ReportQuestion.objects.filter(digest=name).first()
        if stored is None or stored.asked_at < timezone.now() - ASKED_AGAIN:
            seen.asked.append(Asked(name, definition, question))
        if stored is None or seen.stale is None:
            return None
        return _read(Reading(countable, question, seen.firm, stored, seen.stale, now), period)


@dataclass
class Reading:
    """One question, answered once."""

    countable: Countable
    question: Question
    firm: Firm
    stored: ReportQuestion
    stale: Collection[date]
    now: datetime

    def there(self, spans: Sequence[Span]) -> set[Span]:
        """What is kept of these days, in whichever parts, and is what the tables say."""
        if not spans:
            return set()
        with connection.cursor() as cursor:
            cursor.execute(_SPANS, [self.stored.pk, min(spans).first, max(span.until for span in spans)])
            return {span for row in cursor.fetchall() if not self._is_stale(span := Span(*row))}

    def figures(self, spans: Sequence[Span]) -> dict[Span, Tallies]:
        """Of those of them that are kept, and are what the tables say."""
        fresh = [span for span in spans if not self._is_stale(span)]
        if not fresh:
            return {}
        firsts, untils = [span.first for span in fresh], [span.until for span in fresh]
        with _as_bytes() as cursor:
            cursor.execute(_FIGURES, [self.stored.pk, firsts, untils], binary=True)
            return {Span(first, until): read(Kept(figures, runs)) for first, until, figures, runs in cursor.fetchall()}

    def _is_stale(self, span: Span) -> bool:
        return any(span.first <= day < span.until for day in self.stale)

    def counted(self, bounds: Bounds) -> Tallies:
        return self.countable.total(self.question, bounds, self.now)


def _read(reading: Reading, period: Bounds) -> Tallies | None:
    zone = reading.firm.zone
    layout = laid_out(*period, zone)
    kept, missing = _kept(reading, layout.spans)
    if not kept:
        return None
    uncovered = [*layout.edges, *(span.bounds(zone) for span in joined(missing))]
    counted = [reading.counted(bounds) for bounds in uncovered]
    live = reading.countable.unkept(reading.question, period, reading.now)
    return settled(added([*kept, *counted, live]), reading.now)


def _kept(reading: Reading, spans: Sequence[Span]) -> tuple[list[Tallies], list[Span]]:
    """What the spans say, in as great parts as are kept, and the spans that are not."""
    whole = reading.figures(spans)
    lacking = [span for span in spans if span not in whole]
    kept = reading.there(lacking)
    divided = {size(span.first) for span in kept for size in (month_of, year_of)} - kept
    chosen, missing = _split(lacking, kept, divided)
    return [*whole.values(), *reading.figures(chosen).values()], missing


def _split(spans: Sequence[Span], kept: set[Span], divided: set[Span]) -> tuple[list[Span], list[Span]]:
    """The spans that are kept, and those that are not, in as great parts as there are."""
    chosen, missing = [], []
    for span in spans:
        if span in kept:
            chosen.append(span)
        elif span in divided:
            deeper = _split(span.parts, kept, divided)
            chosen += deeper[0]
            missing += deeper[1]
        else:
            missing.append(span)
    return chosen, missing


def settled(tallies: Tallies, now: datetime) -> Tallies:
    """As they stand at a moment: rows of which nothing counts then are left out."""
    for tally in tallies.values():
        tally.settle(now)
    return {key: tally for key, tally in tallies.items() if tally.counts[0]}


@contextmanager
def _as_bytes() -> Iterator[Cursor[Any]]:
    """Django's cursors read text, of which an array of numbers takes twice as much, and time to be put together."""
    with Cursor(connection.connection) as cursor:
        yield cursor


def stale_days(firm: Firm) -> set[date] | None:
    """The days at which something has changed since figures were kept; nothing if that may be any day."""
    with connection.cursor() as cursor:
        cursor.execute(load("handoff.reports", "stale_days.sql"), {"zone": firm.time_zone})
        days = {day for (day,) in cursor.fetchall()}
    return None if None in days else days
