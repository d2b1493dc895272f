"""The checks that conditions are made of: each says in one place how it holds in Python and how in SQL.

In SQL a check is a boolean expression that is never NULL, over a column that has the canonical value of its kind.
"""

# ruff: noqa: ARG002  all checks are asked alike, and some need less

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from operator import ge, gt, le, lt
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from django.utils import timezone

from leads.conditions.fields import Kind
from leads.conditions.fragments import Sql, compose, value

CLOCK_SKEW = timedelta(minutes=5)  # of the systems that say when a buyer did something
ARRAYS = {Kind.NUMBER: "numeric[]", Kind.YES_NO: "boolean[]", Kind.MONEY: "text[]::jsonb[]"}


class Check(Protocol):
    """One condition, without its field."""

    def holds(self, actual: Any, at: datetime) -> bool:
        """Whether it holds of a canonical value at a moment."""

    def sql(self, column: Sql, at: Sql) -> Sql:
        """The same of a column."""


def zone() -> ZoneInfo:
    """The time zone of the installation, in which days begin and end for everyone."""
    return ZoneInfo(timezone.get_default_timezone_name())


def day_of(moment: datetime, days: int = 0) -> str:
    """The day of a moment, or one that many days later."""
    return (moment.astimezone(zone()).date() + timedelta(days)).isoformat()


def day_in_sql(moment: Sql, days: int = 0) -> Sql:
    return compose(
        "to_char(({} AT TIME ZONE {})::date + {}, 'YYYY-MM-DD') COLLATE \"C\"",
        moment,
        value(zone().key, "text"),
        value(days, "integer"),
    )


def later(at: Sql, delta: timedelta) -> Sql:
    """In seconds: days of PostgreSQL depend on the zone of the session."""
    return compose("({} + make_interval(secs => {}))", at, value(delta.total_seconds(), "double precision"))


@dataclass(frozen=True)
class Given:
    kind: Kind
    wanted: bool

    def holds(self, actual: Any, at: datetime) -> bool:
        return (actual not in (None, "")) is self.wanted

    def sql(self, column: Sql, at: Sql) -> Sql:
        is_text = self.kind in (Kind.TEXT, Kind.GRADE)
        is_empty = compose("({} = '')" if is_text else "({} IS NULL)", column)
        return compose("(NOT {})", is_empty) if self.wanted else is_empty


@dataclass(frozen=True)
class Among:
    """It is one of these, or none of them. Of several choices, one that is among them is enough."""

    kind: Kind
    wanted: tuple[Any, ...]
    takes_empty: bool
    is_negative: bool = False

    def holds(self, actual: Any, at: datetime) -> bool:
        if actual is None:
            is_among = self.takes_empty
        elif self.kind == Kind.CHOICES:
            is_among = any(choice in self.wanted for choice in actual)
        else:
            is_among = actual in self.wanted
        return is_among != self.is_negative

    def sql(self, column: Sql, at: Sql) -> Sql:
        operator = "?|" if self.kind == Kind.CHOICES else "= ANY"
        wanted = value(self._stored(), ARRAYS.get(self.kind, "text[]"))
        among = compose(f"COALESCE({{}} {operator} ({{}}), FALSE)", column, wanted)
        if self.takes_empty and self.kind not in (Kind.TEXT, Kind.GRADE):
            among = compose("({} IS NULL OR {})", column, among)
        return compose("(NOT {})", among) if self.is_negative else among

    def _stored(self) -> list[Any]:
        if self.kind != Kind.MONEY:
            return list(self.wanted)
        return [f'{{"amount": {amount}, "currency": {json.dumps(currency)}}}' for amount, currency in self.wanted]


@dataclass(frozen=True)
class Never:
    """The field has another kind now than when the condition was written."""

    def holds(self, actual: Any, at: datetime) -> bool:
        return False

    def sql(self, column: Sql, at: Sql) -> Sql:
        return Sql("FALSE")


COMPARED: dict[str, tuple[Callable[[Any, Any], bool], str]] = {"at_least": (ge, ">="), "at_most": (le, "<=")}


@dataclass(frozen=True)
class NumberCompared:
    op: str
    wanted: Decimal

    def holds(self, actual: Any, at: datetime) -> bool:
        return actual is not None and COMPARED[self.op][0](actual, self.wanted)

    def sql(self, column: Sql, at: Sql) -> Sql:
        compared = f"COALESCE({{}} {COMPARED[self.op][1]} {{}}, FALSE)"
        return compose(compared, column, value(self.wanted, "numeric"))


@dataclass(frozen=True)
class MoneyCompared:
    """Amounts of one currency: nobody knows the rate of the day."""

    op: str
    wanted: tuple[Decimal, str]

    def holds(self, actual: Any, at: datetime) -> bool:
        if actual is None or actual[1] != self.wanted[1]:
            return False
        return COMPARED[self.op][0](actual[0], self.wanted[0])

    def sql(self, column: Sql, at: Sql) -> Sql:
        amount, currency = self.wanted
        template = "COALESCE({} ->> 'currency' = {} AND ({} ->> 'amount')::numeric %s {}, FALSE)"
        compared = template % COMPARED[self.op][1]
        return compose(compared, column, value(currency, "text"), column, value(amount, "numeric"))


@dataclass(frozen=True)
class DayCompared:
    """A date, or the day of a moment, with another one."""

    kind: Kind
    op: str
    wanted: str

    def holds(self, actual: Any, at: datetime) -> bool:
        if actual is None:
            return False
        day = day_of(actual) if self.kind == Kind.MOMENT else actual
        return COMPARED[self.op][0](day, self.wanted)

    def sql(self, column: Sql, at: Sql) -> Sql:
        day = day_in_sql(column) if self.kind == Kind.MOMENT else compose('{} COLLATE "C"', column)
        return compose(f"COALESCE({{}} {COMPARED[self.op][1]} {{}}, FALSE)", day, value(self.wanted, "text"))


RELATIVE = ("within_last", "within_next", "longer_ago_than", "further_ahead_than")
"""Operators that compare a date with the day on which they are asked, or a moment with that moment."""


@dataclass(frozen=True)
class DayFromToday:
    """How many days from today a date is, in the zone of the installation."""

    op: str
    days: int

    def _bounds(self) -> tuple[Callable[[Any, Any], bool], str, int, int | None]:
        """How the date stands to which day, and up to which one."""
        return {
            "within_last": (ge, ">=", -self.days, 0),
            "within_next": (ge, ">=", 0, self.days),
            "longer_ago_than": (lt, "<", -self.days, None),
            "further_ahead_than": (gt, ">", self.days, None),
        }[self.op]

    def holds(self, actual: Any, at: datetime) -> bool:
        compared, _, days, until = self._bounds()
        if actual is None or not compared(actual, day_of(at, days)):
            return False
        return until is None or actual <= day_of(at, until)

    def sql(self, column: Sql, at: Sql) -> Sql:
        _, operator, days, until = self._bounds()
        holds = compose(f"{{}} {operator} {{}}", column, day_in_sql(at, days))
        if until is not None:
            holds = compose("{} AND {} <= {}", holds, column, day_in_sql(at, until))
        return compose("COALESCE({}, FALSE)", holds)


@dataclass(frozen=True)
class MomentFromNow:
    """How long ago a moment is, or how far ahead; a day is 24 hours."""

    op: str
    days: int

    def _bounds(self) -> tuple[timedelta | None, timedelta | None]:
        """From when until when it may be."""
        length = timedelta(days=self.days)
        return {
            "within_last": (-length, CLOCK_SKEW),
            "within_next": (timedelta(0), length),
            "longer_ago_than": (None, -length),
            "further_ahead_than": (length, None),
        }[self.op]

    def holds(self, actual: Any, at: datetime) -> bool:
        since, until = self._bounds()
        if actual is None:
            return False
        return (since is None or actual >= at + since) and (until is None or actual <= at + until)

    def sql(self, column: Sql, at: Sql) -> Sql:
        since, until = self._bounds()
        bounds = [compose("{} >= {}", column, later(at, since))] if since is not None else []
        bounds += [compose("{} <= {}", column, later(at, until))] if until is not None else []
        return compose("COALESCE({}, FALSE)", compose(" AND ".join(["{}"] * len(bounds)), *bounds))
