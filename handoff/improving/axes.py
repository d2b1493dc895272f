"""The facts in which a change is searched, each cut into few values: one letter for each handoff and fact."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from handoff.improving import frozen
from leads.conditions import Condition, field_of
from leads.conditions.fields import Field, Kind, from_json
from leads.conditions.fragments import Sql, compose, value
from leads.conditions.windows import Counted, Window
from leads.facts import FactType, seen_facts

MOST_VALUES, MOST_CUTS, MOST_TOUCHPOINTS = 12, 19, 8
WINDOW_DAYS = 30
UNKNOWN, EMPTY, FIRST = 0, 1, 2
"""The letters of every axis: what cannot be known, what is empty, and then its values."""
LETTER = ord("0")
_OF_ONE_LEAD = (FactType.NAME, FactType.EMAIL, FactType.PHONE, FactType.LONG_TEXT)
"""Types of facts whose values are a lead's own: of these it is only asked whether they are there."""


@dataclass(frozen=True)
class Candidate:
    """A condition that might be added, and the letters of its axis for which it holds."""

    condition: Condition
    holds: frozenset[int]


@dataclass
class Axis:
    """One fact. Numbers are cut at `cuts`; texts are told apart by `values`."""

    about: Field
    column: Sql
    is_known: Sql
    window: Mapping[str, Any] = field(default_factory=dict)
    """What else its conditions say."""
    cuts: list[Decimal] = field(default_factory=list)
    values: list[str] = field(default_factory=list)

    @property
    def is_number(self) -> bool:
        return self.about.kind in (Kind.NUMBER, Kind.TOUCHPOINTS)

    @property
    def is_text(self) -> bool:
        return self.about.kind == Kind.TEXT and not (self.about.card and self.about.card.type in _OF_ONE_LEAD)

    @property
    def empty(self) -> Sql:
        return compose("({} = '')" if self.about.kind == Kind.TEXT else "({} IS NULL)", self.column)

    def code(self) -> Sql:
        """The letter of a handoff, as a number."""
        code = compose(
            "CASE WHEN NOT {} THEN {} WHEN {} THEN {} ELSE {} END",
            self.is_known,
            Sql(str(UNKNOWN)),
            self.empty,
            Sql(str(EMPTY)),
            self._place(),
        )
        return compose(f"({LETTER} + {{}})", code)

    def candidates(self) -> Iterator[Candidate]:
        letters = frozenset(range(EMPTY, FIRST + 2 * MOST_CUTS + 2))
        if not self.window:
            yield self._candidate("present", True, letters - {EMPTY})
        for n, cut in enumerate(self.cuts):
            at_cut = FIRST + 2 * n + 1
            yield self._candidate("at_least", _plain(cut), frozenset(each for each in letters if each >= at_cut))
            yield self._candidate("at_most", _plain(cut), frozenset(range(FIRST, at_cut + 1)))
        for n, text in enumerate(self.values):
            yield self._candidate("is_not", text, letters - {FIRST + n})
        if self.about.kind == Kind.YES_NO:
            yield self._candidate("is", True, frozenset({FIRST}))
            yield self._candidate("is", False, frozenset({FIRST + 1}))

    def _candidate(self, op: str, wanted: Any, holds: frozenset[int]) -> Candidate:
        return Candidate({"field": self.about.name, "op": op, "value": wanted, **self.window}, holds)

    def _place(self) -> Sql:
        """Two letters for each cut: below it and it itself. What is above the last cut comes last."""
        if self.is_number and self.cuts:
            cuts = value(self.cuts, "numeric[]")
            place = "2 * width_bucket({}, {}) + CASE WHEN {} = ANY ({}) THEN 0 ELSE 1 END"
            return compose(f"{FIRST} - 1 + {place}", self.column, cuts, self.column, cuts)
        if self.values:
            values, others = value(self.values, "text[]"), Sql(str(len(self.values) + 1))
            at_value = compose("COALESCE(array_position({}, {}), {})", values, self.column, others)
            return compose(f"{FIRST} - 1 + {{}}", at_value)
        if self.about.kind == Kind.YES_NO:
            return compose(f"CASE WHEN {{}} THEN {FIRST} ELSE {FIRST + 1} END", self.column)
        return Sql(str(FIRST))


@dataclass(frozen=True)
class Axes:
    """The axes, and what is to be read of each handoff for them: its JSON, and from that the columns of the axes."""

    axes: list[Axis]
    read: tuple[dict[str, Sql], dict[str, Sql]]


def axes(roles: Collection[str] | None) -> Axes:
    """Every plain fact that somebody with these roles may see, and how many touchpoints there were lately."""
    facts, points = [field_of(each.name) for each in seen_facts(roles)], field_of("touchpoints")
    of_facts = [Axis(each, Sql(f"frozen.c{n}"), Sql(f"(frozen.j{n} IS NOT NULL)")) for n, each in enumerate(facts)]
    stored = {f"j{n}": frozen.stored(each) for n, each in enumerate(facts)}
    columns = {f"c{n}": from_json(each.kind, Sql(f"frozen.j{n}")) for n, each in enumerate(facts)}
    column = f"c{len(facts)}"
    cuts = [Decimal(number) for number in range(1, MOST_TOUCHPOINTS + 1)]
    of_points = Axis(points, Sql(f"frozen.{column}"), frozen.is_known(points), {"within_days": WINDOW_DAYS}, cuts)
    return Axes([*of_facts, of_points], (stored, columns | {column: _touchpoints(points)}))


def _touchpoints(points: Field) -> Sql:
    """Counted as a condition on touchpoints counts them."""
    source = frozen.source()
    return Counted(Window(days=WINDOW_DAYS), "each", "at_least", 0).count_in_sql(source.column(points), source.at)


def cut(axis: Axis, values: Sequence[Any]) -> None:
    """Take the cuts or the values from a sample: of numbers the places, of texts the most frequent."""
    if axis.is_number:
        axis.cuts = sorted({Decimal(each) for each in values if each is not None})[:MOST_CUTS]
    else:
        axis.values = [each for each in values if each][:MOST_VALUES]


def _plain(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)
