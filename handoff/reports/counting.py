"""A report that counts things, each of one lead: the same SQL gives its figures and the leads behind each of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import sqrt
from typing import Any

from django.db import connection

from handoff.reports.behind import Behind
from handoff.reports.rows import Rows, label_of, rows_by, spelled, stored, values_of
from leads.sql import load

Figures = Mapping[str, Any]
Derived = Callable[[Figures], Any]
_Z = 1.959964  # 95 % of a normal distribution lie within so many standard deviations


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
    sums: Mapping[str, str] = field(default_factory=dict)
    """By column, an aggregate of SQL."""
    derived: Mapping[str, Derived] = field(default_factory=dict)
    """By column, what follows from the other figures."""
    values: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda _asked: {}
    """What the SQL is asked with, besides the period and the moment."""
    order: str = "count(*) DESC, key"
    """Of rows that are not in the order of their keys."""

    def answer(self, asked: Mapping[str, Any], now: datetime) -> list[CountedRow]:
        by = str(asked["by"])
        rows = rows_by(by, self.rows)
        with connection.cursor() as cursor:
            cursor.execute(self._statement(rows), self._values(asked, by, now))
            return [self._row(by, rows, *row) for row in cursor.fetchall()]

    def behind(self, asked: Mapping[str, Any], key: str | None, column: str, now: datetime) -> Behind:
        """What a figure counts, in the row of a key; without a key, in all of them."""
        keyed, values = self.keyed(asked, now)
        in_row = "" if key is None else " AND key = %(key)s"
        entries = f"SELECT lead_id, at FROM keyed item WHERE ({self.counts[column]}){in_row}"  # noqa: S608 written here
        return Behind(f"{keyed} {entries}", values | {"key": stored(str(asked["by"]), key or "")})

    def keyed(self, asked: Mapping[str, Any], now: datetime) -> tuple[str, dict[str, Any]]:
        """The things that are counted with the key and label of their row, as the query `keyed`, and its values."""
        by = str(asked["by"])
        return self._keyed(rows_by(by, self.rows)), self._values(asked, by, now)

    def _statement(self, rows: Rows) -> str:
        counts = [f"count(*) FILTER (WHERE {condition})" for condition in self.counts.values()]
        order = "key" if rows.in_order else rows.order or self.order
        return f"""
            {self._keyed(rows)}
            SELECT key, max(label), {", ".join([*counts, *self.sums.values()])}
            FROM keyed item GROUP BY key ORDER BY {order}
        """  # noqa: S608

    def _keyed(self, rows: Rows) -> str:
        return f"""
            WITH item AS ({load("handoff.reports", self.items).rstrip()}
            ), keyed AS (
                SELECT item.*, {rows.key} AS key, {rows.name}::text AS label
                FROM item JOIN leads_lead lead ON lead.id = item.lead_id {rows.joins}
            )
        """  # noqa: S608

    def _values(self, asked: Mapping[str, Any], by: str, now: datetime) -> dict[str, Any]:
        period = {"start": asked.get("from") or "-infinity", "end": asked.get("to") or "infinity", "now": now}
        return {**period, **values_of(by), **self.values(asked)}

    def _row(self, by: str, rows: Rows, key: str, name: str | None, *values: Any) -> CountedRow:
        figures = dict(zip([*self.counts, *self.sums], values, strict=True))
        figures |= {column: derive(figures) for column, derive in self.derived.items()}
        return CountedRow(spelled(by, key), label_of(by, rows, key, name), figures)


def share(part: str, whole: str) -> Derived:
    """Nothing where there is nothing to divide by."""
    return lambda figures: figures[part] / figures[whole] if figures[whole] else None


def least(part: str, whole: str) -> Derived:
    """The lower end of the interval in which the true share lies, at 95 %, after Wilson."""
    return lambda figures: _wilson(figures[part], figures[whole], -1)


def most(part: str, whole: str) -> Derived:
    """The upper end of that interval."""
    return lambda figures: _wilson(figures[part], figures[whole], 1)


def _wilson(part: int, whole: int, sign: int) -> float | None:
    if not whole:
        return None
    p, z2 = part / whole, _Z * _Z
    half = _Z * sqrt(p * (1 - p) / whole + z2 / (4 * whole * whole))
    return min(max((p + z2 / (2 * whole) + sign * half) / (1 + z2 / whole), 0.0), 1.0)


def percentile(rank: float, of: str, condition: str = "true") -> str:
    """As SQL: between two of them if need be, and nothing where there are none."""
    return f"percentile_cont({rank}) WITHIN GROUP (ORDER BY {of}) FILTER (WHERE {condition})"
