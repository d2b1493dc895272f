"""Answer from the figures that are kept by day, and from the tables where something has changed since (see ADR 30)."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from django.db import connection, transaction
from django.utils import timezone

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
_FIGURES = """
SELECT figures, runs FROM handoff_reportspan
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
    return digest(json.dumps([definition, question.by, rows.key, rows.name, rows.joins, values, calendar]))


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


def tallies(countable: Countable, question: Question, period: Bounds, now: datetime) -> Tallies | None:
    """What a period adds up to; nothing if none of it is kept, so that all of it is better counted at once."""
    try:
        json.dumps(dict(question.values))
    except TypeError:  # like a moment, of which each is asked once
        return None
    with snapshot():
        firm = Firm.of_now()
        stored = _question(digest_of(digest(countable.definition), question, firm))
        total = _read(Reading(countable, question, firm, stored, now), period) if stored else None
    if stored is None or stored.asked_at < timezone.now() - ASKED_AGAIN:
        _note(countable, question, firm)
    return total


def _question(name: str) -> ReportQuestion | None:
    return ReportQuestion.objects.filter(digest=name).first()


def _note(countable: Countable, question: Question, firm: Firm) -> None:
    definition = digest(countable.definition)
    name, values = digest_of(definition, question, firm), json.dumps(dict(question.values))
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [name, definition, question.by, values, timezone.now()])


@contextmanager
def snapshot() -> Iterator[None]:
    """All statements see one state of the database."""
    if connection.in_atomic_block:  # it has its own
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_SNAPSHOT)
        yield


@dataclass
class Reading:
    """One question, answered once."""

    countable: Countable
    question: Question
    firm: Firm
    stored: ReportQuestion
    now: datetime

    def kept(self, spans: Sequence[Span]) -> set[Span]:
        """Those whose figures are there, and are what the tables say."""
        stale = stale_days(self.firm)
        if stale is None or not spans:
            return set()
        with connection.cursor() as cursor:
            cursor.execute(_SPANS, [self.stored.pk, min(spans).first, max(span.until for span in spans)])
            there = {Span(*row) for row in cursor.fetchall()}
        return {span for span in there if not any(span.first <= day < span.until for day in stale)}

    def figures(self, spans: Sequence[Span]) -> Iterator[Tallies]:
        with connection.cursor() as cursor:
            firsts, untils = [span.first for span in spans], [span.until for span in spans]
            cursor.execute(_FIGURES, [self.stored.pk, firsts, untils])
            for figures, runs in cursor.fetchall():
                yield read(Kept(figures, bytes(runs)))

    @cached_property
    def zone(self) -> Any:
        return self.firm.zone

    def counted(self, bounds: Bounds) -> Tallies:
        return self.countable.total(self.question, bounds, self.now)


def _read(reading: Reading, period: Bounds) -> Tallies | None:
    layout = laid_out(*period, reading.zone)
    kept = reading.kept(layout.spans)
    if not kept:
        return None
    chosen, missing = _split(layout.spans, kept)
    uncovered = [*layout.edges, *(span.bounds(reading.zone) for span in joined(missing))]
    counted = [reading.counted(bounds) for bounds in uncovered]
    live = reading.countable.unkept(reading.question, period, reading.now)
    return added([*reading.figures(chosen), *counted, live])


def _split(spans: Sequence[Span], kept: set[Span]) -> tuple[list[Span], list[Span]]:
    """The spans that are kept, and those that are not, in as great parts as there are."""
    divided = {size(span.first) for span in kept for size in (month_of, year_of)} - kept
    chosen, missing = [], []
    for span in spans:
        if span in kept:
            chosen.append(span)
        elif span in divided:
            deeper = _split(span.parts, kept)
            chosen += deeper[0]
            missing += deeper[1]
        else:
            missing.append(span)
    return chosen, missing


def stale_days(firm: Firm) -> set[date] | None:
    """The days at which something has changed since figures were kept; nothing if that may be any day."""
    with connection.cursor() as cursor:
        cursor.execute(load("handoff.reports", "stale_days.sql"), {"zone": firm.time_zone})
        days = {day for (day,) in cursor.fetchall()}
    return None if None in days else days
