"""Prove that the figures that are kept by day are those of the tables, and forget those that are not."""

import random
from collections import defaultdict
from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from typing import NamedTuple

from django.utils import timezone

import handoff.reports.registry  # noqa: F401 each report offers what can be kept of it
from handoff.models import Firm, ReportQuestion, ReportSpan
from handoff.reports import keeping
from handoff.reports.keeping import Countable, Question
from handoff.reports.tally import Kept, added, stored
from handoff.reports.tiles import Span, month_of

SAMPLE = 5
"""So many months of each question are counted again: all would take as long as to ask every report for everything."""


_SPAN = ("pk", "first", "until")


class Wrong(NamedTuple):
    """A span whose figures are not what the tables say."""

    pk: int
    words: str


def disagreements(sample: int | None = SAMPLE) -> Iterator[str]:
    """Read only. Call it in one snapshot of the database, so that nothing changes meanwhile."""
    yield from (wrong.words for wrong in _wrong(sample))


def repair() -> int:
    """Forget what is wrong, and return how many spans that were: they are counted from the tables then."""
    with keeping.snapshot():
        wrong = [each.pk for each in _wrong(None)]
    return ReportSpan.objects.filter(pk__in=wrong).delete()[0]


def _wrong(sample: int | None) -> Iterator[Wrong]:
    firm = Firm.of_now()
    stale = keeping.stale_days(firm)
    for asked in ReportQuestion.objects.order_by("pk"):
        matter = keeping.matter_of(asked, firm)
        if matter and stale is not None:
            yield from _wrong_of(asked, *matter, stale, sample)


def _wrong_of(
    asked: ReportQuestion, countable: Countable, question: Question, firm: Firm, stale: set[date], sample: int | None
) -> Iterator[Wrong]:
    groups: dict[Span, list[tuple[int, Span]]] = defaultdict(list)
    for pk, *days in ReportSpan.objects.filter(question=asked).order_by("first", "until").values_list(*_SPAN):
        if not any(days[0] <= day < days[1] for day in stale):
            span = Span(*days)
            groups[month_of(span.first) if span.until <= month_of(span.first).until else span].append((pk, span))
    for whole in random.sample(list(groups), min(sample, len(groups))) if sample else groups:
        counted = countable.by_day(question, whole.bounds(firm.zone), timezone.now())
        for pk, span in groups[whole]:
            of_days = (deepcopy(counted[day]) for day in counted if span.first <= day < span.until)
            kept = ReportSpan.objects.get(pk=pk)
            if stored(added(of_days)) != Kept(kept.figures, bytes(kept.runs)):
                yield Wrong(pk, f"The figures of {span.first} to {span.until} by {asked.by} are kept wrongly.")
