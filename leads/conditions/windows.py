"""Conditions on what the buyer did: how many touchpoints of which kinds, within how many days."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from leads.conditions.checks import CLOCK_SKEW, COMPARED, day_in_sql, day_of, later
from leads.conditions.fragments import Sql, compose, value
from leads.conditions.listed import Listed

DISTINCT = ("each", "days", "kinds")
"""What is counted: the touchpoints, the days on which there was one, or their kinds.

Two that say the same of the same moment are one, whichever systems sent them.
"""


class Point(NamedTuple):
    """A touchpoint, as conditions see it."""

    kind: str
    at: datetime
    detail: str
    campaign: str


class Points(Protocol):
    """The touchpoints of a lead."""

    def between(self, since: datetime | None, until: datetime) -> Iterable[Point]:
        """Those of a time, both ends included; without a beginning, all until then."""

    def latest(self, until: datetime) -> datetime | None:
        """When the newest of them was."""


class ListedPoints(list[Point]):
    """Touchpoints at hand."""

    def between(self, since: datetime | None, until: datetime) -> Iterable[Point]:
        return [point for point in self if (since is None or since <= point.at) and point.at <= until]

    def latest(self, until: datetime) -> datetime | None:
        return max((point.at for point in self if point.at <= until), default=None)


@dataclass(frozen=True)
class Window:
    """Which touchpoints are meant. Without kinds all, without days since ever."""

    kinds: tuple[str, ...] = ()
    days: int | None = None
    detail: str = ""
    campaign: str = ""

    @property
    def is_plain(self) -> bool:
        """Moments and kinds are enough to tell which are meant."""
        return not self.detail and not self.campaign

    def of(self, points: Points, at: datetime) -> list[Point]:
        since = None if self.days is None else at - timedelta(days=self.days)
        return [point for point in points.between(since, at + CLOCK_SKEW) if self._has(point)]

    def _has(self, point: Point) -> bool:
        return (
            (not self.kinds or point.kind in self.kinds)
            and self.detail in point.detail
            and self.campaign in ("", point.campaign)
        )

    def sql(self, at: Sql) -> Sql:
        """What a row `point` must be."""
        holds = compose("point.at <= {}", later(at, CLOCK_SKEW))
        if self.days is not None:
            holds = compose("{} AND point.at >= {}", holds, later(at, timedelta(days=-self.days)))
        if self.kinds:
            holds = compose("{} AND point.kind = ANY ({})", holds, value(list(self.kinds), "text[]"))
        if self.detail:
            holds = compose("{} AND strpos(point.detail, {}) > 0", holds, value(self.detail, "text"))
        if self.campaign:
            holds = compose("{} AND point.campaign = {}", holds, value(self.campaign, "text"))
        return holds


@dataclass(frozen=True)
class Counted:
    """At least or at most so many distinct touchpoints. The column is the FROM item that has them as `point`."""

    window: Window
    distinct: str
    op: str
    wanted: int

    def count(self, points: Points, at: datetime) -> int:
        by: Mapping[str, Callable[[Point], Any]] = {
            "each": lambda point: point,
            "days": lambda point: day_of(point.at),
            "kinds": lambda point: point.kind,
        }
        return len({by[self.distinct](point) for point in self.window.of(points, at)})

    def holds(self, actual: Points, at: datetime) -> bool:
        return COMPARED[self.op][0](self.count(actual, at), self.wanted)

    def sql(self, column: Sql, at: Sql) -> Sql:
        count = self.count_in_sql(column, at)
        return compose(f"({{}} {COMPARED[self.op][1]} {{}})", count, value(self.wanted, "integer"))

    def count_in_sql(self, column: Sql, at: Sql) -> Sql:
        if isinstance(column, Listed) and self.window.is_plain:
            return self._listed(column, at)
        by = {
            "each": Sql("(point.kind, point.at, point.detail, point.campaign)"),
            "days": day_in_sql(Sql("point.at")),
            "kinds": Sql("point.kind"),
        }[self.distinct]
        return compose("(SELECT count(DISTINCT {}) FROM {} WHERE {})", by, column, self.window.sql(at))

    def _listed(self, column: Listed, at: Sql) -> Sql:
        within = column.within(at, self.window.days)
        match self.distinct:
            case "days":
                return within.distinct(day_in_sql(Sql("point.at")), self.window.kinds)
            case "kinds":
                return within.distinct(Sql("point.kind"), self.window.kinds)
        return within.number(self.window.kinds)


@dataclass(frozen=True)
class Happened:
    """There was such a touchpoint, or there was none."""

    window: Window
    is_negative: bool = False

    def holds(self, actual: Points, at: datetime) -> bool:
        return bool(self.window.of(actual, at)) != self.is_negative

    def sql(self, column: Sql, at: Sql) -> Sql:
        if isinstance(column, Listed) and self.window.is_plain:
            operator = "=" if self.is_negative else ">"
            return compose(f"({{}} {operator} 0)", column.within(at, self.window.days).number(self.window.kinds))
        exists = "NOT EXISTS" if self.is_negative else "EXISTS"
        return compose(f"({exists} (SELECT FROM {{}} WHERE {{}}))", column, self.window.sql(at))
