"""Keep the figures of reports by day: forget what has changed, and count it again, a month at a time."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import QuerySet
from django.utils import timezone

import handoff.reports.registry  # noqa: F401 each report offers what can be kept of it
from handoff.alerts.leases import leased
from handoff.models import Firm, ReportQuestion, ReportSpan
from handoff.reports import keeping
from handoff.reports.keeping import Countable, Question
from handoff.reports.tally import Kept, Tallies, added, read, stored
from handoff.reports.tiles import AFTER, BEFORE, NEWEST, OLDEST, Span, year_of
from leads.sql import load

SECONDS = 2.0
"""Of one run. The next one goes on."""
IN_USE = timedelta(days=2)
"""Figures are kept fresh for so long after somebody asked for them."""
FORGOTTEN = timedelta(days=7)
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('handoff_reportspan'))"
_THERE = "SELECT first, until FROM handoff_reportspan WHERE question_id = %s"


def renew_in_turn() -> None:
    """One process at a time: another one finds nothing to do."""
    with leased("renew_reports", 60) as renewed:
        if renewed:
            renew()


def renew(seconds: float = SECONDS) -> bool:
    """Return whether all is kept that was asked for of late. Killed at any point it has done what it has done."""
    deadline = time.monotonic() + seconds
    forget()
    questions = ReportQuestion.objects.filter(asked_at__gte=timezone.now() - IN_USE).order_by("-asked_at")
    keep_empty(questions.exclude(reportspan__first=AFTER.first))
    for asked in questions:
        for _step in _steps(asked):
            if time.monotonic() > deadline:
                return False
    return True


def keep_empty(questions: QuerySet[ReportQuestion]) -> None:
    """Those of which nothing is kept so far get the years of which there is nothing: one look is enough for all."""
    with _alone() as cursor:
        new = list(questions.values_list("pk", flat=True))
        if not new:
            return
        years = [year_of(date(year, 1, 1)) for year in range(OLDEST.year, NEWEST.year)]
        firsts, untils = [year.first for year in years], [year.until for year in years]
        values: dict[str, Any] = {"zone": Firm.of_now().time_zone, "questions": new, "firsts": firsts, "untils": untils}
        cursor.execute(load("handoff.reports", "keep_empty.sql"), values)


@transaction.atomic
def forget() -> int:
    """Remove the figures of the days at which something has changed, and return how many spans that were."""
    ReportQuestion.objects.filter(asked_at__lt=timezone.now() - FORGOTTEN).delete()
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
        cursor.execute(load("handoff.reports", "forget_days.sql"), {"zone": Firm.of_now().time_zone})
        removed: int = cursor.rowcount
        return removed


def _steps(asked: ReportQuestion) -> Iterator[None]:
    """What is missing of a question, a month after the other. Once the last span is there, it has its empty years."""
    work = _work(asked)
    if work is None:
        asked.delete()
        return
    for outer in (BEFORE, AFTER):
        if outer not in work.there:
            work.keep_whole(outer)
            yield
    for month in work.missing():
        work.keep_month(month)
        yield


def _work(asked: ReportQuestion) -> "Work | None":
    matter = keeping.matter_of(asked, Firm.of_now())
    if matter is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_THERE, [asked.pk])
        return Work(asked, *matter, {Span(*row) for row in cursor.fetchall()})


@dataclass
class Work:
    """A question whose figures are kept, and the spans of which they are there."""

    asked: ReportQuestion
    countable: Countable
    question: Question
    firm: Firm
    there: set[Span]

    def missing(self) -> Iterator[Span]:
        """The newest months first: they are what most people ask for."""
        for year in range(NEWEST.year - 1, OLDEST.year - 1, -1):
            span = year_of(date(year, 1, 1))
            if span not in self.there:
                yield from (month for month in reversed(span.parts) if month not in self.there)

    def keep_whole(self, span: Span) -> None:
        with _alone():
            self._store({span: self.countable.total(self.question, span.bounds(self.firm.zone), timezone.now())})

    def keep_month(self, month: Span) -> None:
        """Its days, as far as they are not there, and what they add up to."""
        with _alone():
            there = self._of_days(month)
            counted = self._counted([day for day in month.parts if day not in there])
            self._store(counted)
            self._store({month: added([*there.values(), *counted.values()])})

    def _counted(self, days: list[Span]) -> dict[Span, Tallies]:
        if not days:
            return {}
        whole = Span(days[0].first, days[-1].until)
        of_days = self.countable.by_day(self.question, whole.bounds(self.firm.zone), timezone.now())
        return {day: of_days.get(day.first, {}) for day in days}

    def _of_days(self, month: Span) -> dict[Span, Tallies]:
        spans = ReportSpan.objects.filter(question=self.asked, first__gte=month.first, until__lte=month.until)
        kept = {Span(span.first, span.until): Kept(span.figures, bytes(span.runs)) for span in spans}
        return {span: read(each) for span, each in kept.items() if span != month}

    def _store(self, tallies: Mapping[Span, Tallies]) -> None:
        kept = {span: stored(each) for span, each in tallies.items()}
        ReportSpan.objects.bulk_create(
            (
                ReportSpan(
                    question=self.asked, first=span.first, until=span.until, figures=each.figures, runs=each.runs
                )
                for span, each in kept.items()
            ),
            ignore_conflicts=True,
        )
        self.there |= kept.keys()


@contextmanager
def _alone() -> Iterator[CursorWrapper]:
    """What is counted here is stored before what changes meanwhile is forgotten: otherwise it would stay."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LOCK)
        yield cursor
