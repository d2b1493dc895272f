"""A report that counts things, each of one lead: the same SQL gives its figures and the leads behind each of them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import connection

from handoff.reports import calendar, keeping
from handoff.reports.behind import Behind
from handoff.reports.keeping import Question
from handoff.reports.measures import Amounts, Measure, Values, added_up, distinct, in_order, percentile, within
from handoff.reports.rows import Rows, label_of, rows_by, spelled, stored, values_of
from handoff.reports.runs import Runs
from handoff.reports.shares import Derived, Figures, least, most, share
from handoff.reports.tally import Due, Standing, Tallies, Tally, added
from handoff.reports.tiles import Bounds
from leads.sql import load

__all__ = [
    "Amounts",
    "Counted",
    "CountedRow",
    "Derived",
    "Figures",
    "distinct",
    "least",
    "most",
    "percentile",
    "share",
    "within",
]
MANY = "many"
"""How many things a row has, whatever it counts of them."""
NOW = "%(now)s"


@dataclass(frozen=True)
class CountedRow:
    """One row; its figures are attributes of it, under the names of their columns."""

    key: str
    label: str
    figures: Figures

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["figures"][name]
        except KeyError:
            raise AttributeError(name) from None


@dataclass(frozen=True)
class Counted:
    """What is counted, and how. All SQL in it is written in this package; what is asked goes in as values."""

    items: str
    """The file with what is counted: columns lead_id and at, and those that the SQL below names."""
    rows: Mapping[str, Rows]
    counts: Mapping[str, str]
    """By column, the condition under which a thing counts. Each of these figures opens to its leads."""
    sums: Mapping[str, Measure] = field(default_factory=dict)
    """By column, what is added up."""
    derived: Mapping[str, Derived] = field(default_factory=dict)
    """By column, what follows from the other figures."""
    values: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda _asked: {}
    """What the SQL is asked with, besides the period and the moment."""
    fullest: str = MANY
    """The count by which rows are in order, the fullest first, where they are not in the order of their keys."""
    due: str = ""
    """A file with more of what is counted, in the same columns: what falls due, and is counted in another way from then
    on. Of the moment of asking it may ask nothing else. It adds nothing to the sums."""
    falls_due: str = "item.at"
    """When it does."""

    live: str = ""
    """A file with more of what is counted, in the same columns: what is on no day, and counts only without a period. It
    is read at every moment, where the figures of `items` and `due` are kept by day."""

    keeps: bool = True
    """Whether its figures may be kept by day: not where it reads what no trigger marks (sql/report_marks.sql)."""

    def __post_init__(self) -> None:
        if self.keeps:
            keeping.offer(self)

    def answer(self, asked: Mapping[str, Any], now: datetime) -> list[CountedRow]:
        """From the figures that are kept, as far as they are fresh, and from the tables."""
        question = self.question(asked)
        period = _period(asked)
        tallies = keeping.tallies(self, question, period, now) if self.is_kept(question.rows) else None
        if tallies is None:
            return self.from_tables(asked, now)
        return self._rows_of(question, tallies)

    def from_tables(self, asked: Mapping[str, Any], now: datetime) -> list[CountedRow]:
        """The same, and each thing looked at for it."""
        question = self.question(asked)
        with connection.cursor() as cursor:
            cursor.execute(self._statement(question.rows), self._asked(question, _period(asked), now))
            answers = cursor.fetchall()
        return self._in_order(question, ((key, label, self._answered(row)) for key, label, *row in answers))

    def behind(self, asked: Mapping[str, Any], key: str | None, column: str, now: datetime) -> Behind:
        """What a figure counts, in the row of a key; without a key, in all of them."""
        question = self.question(asked)
        in_row = "" if key is None else " AND key = %(key)s"
        entries = f"SELECT lead_id, at FROM keyed item WHERE ({self.counts[column]}){in_row}"  # noqa: S608 written here
        keyed, values = self.keyed(asked, now)
        return Behind(f"{keyed} {entries}", values | {"key": stored(question.by, key or "")})

    def keyed(self, asked: Mapping[str, Any], now: datetime) -> tuple[str, dict[str, Any]]:
        """The things that are counted with the key and label of their row, as the query `keyed`, and its values."""
        question = self.question(asked)
        return self._keyed(question.rows, self._all), self._asked(question, _period(asked), now)

    def question(self, asked: Mapping[str, Any]) -> Question:
        by = str(asked["by"])
        return self.again(by, {**values_of(by), **self.values(asked)})

    def again(self, by: str, values: Mapping[str, Any]) -> Question:
        return Question(by, rows_by(by, self.rows), values)

    def is_kept(self, rows: Rows) -> bool:
        """What depends on the moment cannot be kept."""
        return self.keeps and NOW not in f"{self._items}{rows.key}{rows.name}{rows.joins}"

    @property
    def definition(self) -> str:
        """All on which figures that are kept depend, besides the question."""
        sums = [repr(measure) for measure in self.sums.values()]
        counted = [self._items, *self._due, *self.counts.values(), *sums]
        return "\n".join([type(self).__name__, *self.rows, *counted])

    def by_day(self, question: Question, bounds: Bounds, now: datetime) -> dict[date, Tallies]:
        """What the things of each day add up to, where there are any."""
        day = f"{calendar.local('item.at')}::date"
        ended, due = self._gathered(self._items, day, question, bounds, now), self._falling_due(day, question, bounds)
        return {each: added([ended.get(each, {}), due.get(each, {})]) for each in sorted(ended.keys() | due.keys())}

    def total(self, question: Question, bounds: Bounds, now: datetime) -> Tallies:
        """What those of a period add up to."""
        ended = self._gathered(self._items, "NULL", question, bounds, now)
        return added([*ended.values(), *self._falling_due("NULL", question, bounds).values()])

    def unkept(self, question: Question, period: Bounds, now: datetime) -> Tallies:
        """What is counted at every moment."""
        if not self.live or period != Bounds(None, None):
            return {}
        return added(self._gathered(_text(self.live), "NULL", question, period, now).values())

    def _gathered(self, items: str, day: str, question: Question, bounds: Bounds, now: datetime) -> dict[date, Tallies]:
        figures = ["count(*)", *(f"count(*) FILTER (WHERE {condition})" for condition in self.counts.values())]
        parts = [*figures, *(each.sql for each in self._amounts), *(each.gathered for each in self._numbers)]
        statement = f"""
            {self._keyed(question.rows, items)}
            SELECT {day}, key, max(label), {", ".join(parts)} FROM keyed item GROUP BY 1, key ORDER BY 1
        """  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(statement, self._asked(question, bounds, now))
            return {
                each: {key: self._tally(label, values) for _, key, label, *values in rows}
                for each, rows in groupby(cursor.fetchall(), itemgetter(0))
            }

    def _falling_due(self, day: str, question: Question, bounds: Bounds) -> dict[date, Tallies]:
        """For each count the moments at which that falls due which it counts before, and that which it counts after."""
        if not self.due:
            return {}
        keyed = self._keyed(question.rows, "UNION ALL\n".join(self._due))
        moments = (
            f"array_agg(date_part('epoch', {self.falls_due})) FILTER (WHERE {condition})"
            for condition in ("true", *self.counts.values())
        )
        figures = f"SELECT {day}, key, max(label), standing, {', '.join(moments)}"
        tallies: dict[date, Tallies] = defaultdict(dict)
        with connection.cursor() as cursor:
            statement = f"{keyed} {figures} FROM keyed item GROUP BY 1, key, standing"
            cursor.execute(statement, self._asked(question, bounds, None))
            for each, key, label, standing, *runs in cursor.fetchall():
                tally = tallies[each].setdefault(key, self._tally(label, []))
                tally.due |= {Due(standing, place): [sorted(run)] for place, run in enumerate(runs) if run}
        return tallies

    @property
    def _due(self) -> list[str]:
        """What falls due, as if all of it was overdue, and as if nothing was."""
        if not self.due:
            return []
        ages = {Standing.OVERDUE: "timestamptz 'infinity'", Standing.OPEN: "timestamptz '-infinity'"}
        return [
            f"SELECT *, '{standing}' AS standing FROM ({_text(self.due).replace(NOW, now)}) falling_due\n"  # noqa: S608
            for standing, now in ages.items()
        ]

    def _tally(self, label: str | None, values: Sequence[Any]) -> Tally:
        """From the values of its columns, or without any of them."""
        counts, amounts = 1 + len(self.counts), len(self._amounts)
        nothing = [*[0] * counts, *[None] * (amounts + len(self._numbers))]
        figures: Sequence[Any] = values or nothing
        return Tally(
            label,
            list(figures[:counts]),
            [added_up(each or ()) for each in figures[counts : counts + amounts]],
            [[sorted(each)] if each else [] for each in figures[counts + amounts :]],
        )

    def _of(self, tally: Tally) -> dict[str, Any]:
        """The figures that are counted or added up."""
        amounts = dict(zip(self._amounts, tally.amounts, strict=True))
        runs = {values: Runs(each) for values, each in zip(self._numbers, tally.runs, strict=True)}
        counts = dict(zip((MANY, *self.counts), tally.counts, strict=True))
        sums = {
            name: in_order(amounts[measure]) if isinstance(measure, Amounts) else measure.of_runs(runs[measure.values])
            for name, measure in self.sums.items()
        }
        return counts | sums

    def _answered(self, row: Sequence[Any]) -> dict[str, Any]:
        figures = dict(zip((MANY, *self.counts, *self.sums), row, strict=True))
        return figures | {
            name: added_up(figures[name] or ()) for name, each in self.sums.items() if isinstance(each, Amounts)
        }

    @property
    def _amounts(self) -> list[Amounts]:
        return [measure for measure in self.sums.values() if isinstance(measure, Amounts)]

    @property
    def _numbers(self) -> list[Values]:
        """Each once, also where several percentiles are of them."""
        return list(dict.fromkeys(measure.values for measure in self.sums.values() if not isinstance(measure, Amounts)))

    def _rows_of(self, question: Question, tallies: Tallies) -> list[CountedRow]:
        return self._in_order(question, ((key, each.label, self._of(each)) for key, each in tallies.items()))

    def _in_order(
        self, question: Question, answers: Iterable[tuple[str, str | None, dict[str, Any]]]
    ) -> list[CountedRow]:
        rows = sorted(answers, key=lambda row: (self._place(question.rows, row[0], row[2]), row[0]))
        return [self._row(question, *row) for row in rows]

    def _place(self, rows: Rows, key: str, figures: Figures) -> Any:
        if rows.order:
            return rows.order(key)
        return 0 if rows.in_order else -figures[self.fullest]

    def _row(self, question: Question, key: str, name: str | None, figures: dict[str, Any]) -> CountedRow:
        by = question.by
        figures |= {column: derive(figures) for column, derive in self.derived.items()}
        return CountedRow(spelled(by, key), label_of(by, question.rows, key, name), figures)

    def _statement(self, rows: Rows) -> str:
        counts = [f"count(*) FILTER (WHERE {condition})" for condition in self.counts.values()]
        sums = [measure.sql for measure in self.sums.values()]
        return f"""
            {self._keyed(rows, self._all)}
            SELECT key, max(label), {", ".join(["count(*)", *counts, *sums])}
            FROM keyed item GROUP BY key
        """  # noqa: S608

    def _keyed(self, rows: Rows, items: str) -> str:
        """The things that are counted with the key and label of their row, as the query `keyed`."""
        return f"""
            WITH item AS ({items}
            ), keyed AS (
                SELECT item.*, {rows.key} AS key, {rows.name}::text AS label
                FROM item JOIN leads_lead lead ON lead.id = item.lead_id {rows.joins}
            )
        """  # noqa: S608

    @property
    def _items(self) -> str:
        return _text(self.items)

    @property
    def _all(self) -> str:
        return "\nUNION ALL\n".join(_text(name) for name in (self.items, self.due, self.live) if name)

    def _asked(self, question: Question, bounds: Bounds, now: datetime | None) -> dict[str, Any]:
        start, end = bounds
        period = {"start": start or "-infinity", "end": end or "infinity", "in_period": bool(start or end)}
        return {**period, "now": now, **question.values}


def _period(asked: Mapping[str, Any]) -> Bounds:
    return Bounds(asked.get("from"), asked.get("to"))


def _text(name: str) -> str:
    return load("handoff.reports", name).rstrip()
