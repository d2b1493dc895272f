"""Touchpoints that were listed when they were frozen: of a window only the two ends are looked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from leads.conditions.checks import CLOCK_SKEW, later
from leads.conditions.fragments import Sql, compose, value


@dataclass(frozen=True)
class Within:
    """The part of the lists that is in a window: after the first place, up to the last."""

    times: Sql
    kinds: Sql
    first: Sql
    last: Sql

    def number(self, kinds: Sequence[str]) -> Sql:
        """How many there are of these kinds, or of all.

        No subquery: PostgreSQL would ask it of each row in turn, and by one process alone.
        """
        if not kinds:
            return compose("GREATEST({} - {}, 0)", self.last, self.first)
        part = self._part(self.kinds)
        counts = [
            compose("cardinality(array_positions({}, {}))", part, value(kind, "text")) for kind in dict.fromkeys(kinds)
        ]
        return compose(f"({' + '.join(['{}'] * len(counts))})", *counts)

    def distinct(self, expression: Sql, kinds: Sequence[str]) -> Sql:
        """How many different values an expression on a row `point` has, with its kind and when it was."""
        times, kinds_there = self._part(self.times), self._part(self.kinds)
        wanted = compose("point.kind = ANY ({})", value(list(kinds), "text[]")) if kinds else Sql("TRUE")
        counted = "(SELECT count(DISTINCT {}) FROM unnest({}, {}) AS point (at, kind) WHERE {})"
        return compose(counted, expression, times, kinds_there, wanted)

    def _part(self, of: Sql) -> Sql:
        return compose("({})[{} + 1 : {}]", of, self.first, self.last)


@dataclass(frozen=True, kw_only=True)
class Listed(Sql):
    """The FROM item of touchpoints, with their moments and their kinds as arrays besides, in the order of the moments.

    Of touchpoints that say the same, the arrays have one.
    """

    times: Sql
    kinds: Sql

    def within(self, at: Sql, days: int | None) -> Within:
        """Those of so many days until a moment, both ends included."""
        if days is None:
            return Within(self.times, self.kinds, Sql("0"), self._until(at))
        before = compose("{} - interval '1 microsecond'", later(at, timedelta(days=-days)))
        return Within(self.times, self.kinds, self._places(before), self._until(at))

    def latest(self, at: Sql) -> Sql:
        """When the last one was; NULL where there was none."""
        return compose("({})[{}]", self.times, self._until(at))

    def _until(self, at: Sql) -> Sql:
        return self._places(later(at, CLOCK_SKEW))

    def _places(self, moment: Sql) -> Sql:
        """How many are not later."""
        return compose("width_bucket({}, {})", moment, self.times)
