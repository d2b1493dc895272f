"""What a report adds up besides counts. Each can be asked of the database, or put together from the figures of days."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, sqrt
from typing import NamedTuple

from handoff.reports.runs import Runs
from handoff.reports.shares import Z

FEWEST = 6
"""Of fewer values no two can be named between which the true median lies at 95 %."""


class Values(NamedTuple):
    """Which numbers are kept one by one, sorted: SQL of the number, and the condition under which it counts."""

    of: str
    condition: str = "true"

    @property
    def gathered(self) -> str:
        return f"array_agg(({self.of})::float8) FILTER (WHERE ({self.condition}) AND ({self.of}) IS NOT NULL)"


@dataclass(frozen=True)
class Percentile:
    """Between two of the values if need be, and nothing where there are none."""

    rank: float
    values: Values

    @property
    def sql(self) -> str:
        of, condition = self.values
        return f"percentile_cont({self.rank}) WITHIN GROUP (ORDER BY {of}) FILTER (WHERE {condition})"

    def of_runs(self, runs: Runs) -> float | None:
        return runs.at_share(self.rank)


@dataclass(frozen=True)
class Within:
    """The least of the values that this share of them does not exceed, and nothing where there are none."""

    share: float
    values: Values

    @property
    def sql(self) -> str:
        of, condition = self.values
        return f"percentile_disc({self.share}) WITHIN GROUP (ORDER BY {of}) FILTER (WHERE {condition})"

    def of_runs(self, runs: Runs) -> float | None:
        return runs.least_within(self.share)


@dataclass(frozen=True)
class AroundMedian:
    """One of the two values between which the true median lies at 95 %, by their places in order (Conover)."""

    side: int
    """-1 below it, 1 above it."""
    values: Values

    @property
    def sql(self) -> str:
        of, condition = self.values
        which = f"FILTER (WHERE ({condition}) AND ({of}) IS NOT NULL)"
        many = f"count(*) {which}"
        place = f"ceil({many} / 2.0 + {self.side} * {Z} * sqrt({many}) / 2)::int"
        return f"(array_agg({of} ORDER BY {of}) {which})[CASE WHEN {many} >= {FEWEST} THEN {place} END]"

    def of_runs(self, runs: Runs) -> float | None:
        if runs.size < FEWEST:
            return None
        return runs.at_place(ceil(runs.size / 2 + self.side * Z * sqrt(runs.size) / 2))


@dataclass(frozen=True)
class Distinct:
    """How many different ones there are of what has a number."""

    values: Values

    @property
    def sql(self) -> str:
        return f"count(DISTINCT {self.values.of}) FILTER (WHERE {self.values.condition})"

    def of_runs(self, runs: Runs) -> int:
        return runs.different()


@dataclass(frozen=True)
class Amounts:
    """Sums by currency: they are never added up."""

    currency: str
    amount: str
    condition: str = "true"

    @property
    def sql(self) -> str:
        pair, condition = f"json_build_array({self.currency}, ({self.amount})::text)", self.condition
        return f"json_agg({pair}) FILTER (WHERE ({condition}) AND ({self.amount}) IS NOT NULL)"


Measure = Percentile | Within | AroundMedian | Distinct | Amounts
UNRATED = "(no rate)"
"""What stands behind the currency of an amount that could not be converted (sql/in_currency.sql)."""


def added_up(pairs: Sequence[tuple[str, str]]) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for currency, amount in pairs:
        totals[currency] += Decimal(amount)
    return in_order(totals)


def in_order(totals: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """By currency; what could not be converted comes last."""
    return dict(sorted(totals.items(), key=lambda each: (each[0].endswith(UNRATED), each[0])))


def percentile(rank: float, of: str, condition: str = "true") -> Percentile:
    return Percentile(rank, Values(of, condition))


def within(share: float, of: str, condition: str = "true") -> Within:
    return Within(share, Values(of, condition))


def distinct(of: str, condition: str = "true") -> Distinct:
    return Distinct(Values(of, condition))


def around_median(side: int, of: str) -> AroundMedian:
    return AroundMedian(side, Values(of))
