"""What the rows of one file have stated so far: of two about one record that contradict each other, the first wins.

Without that, the last row would win, and the same file run again would change the record back and forth.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Stated:
    """The first row about a record, and the facts that it and those after it gave."""

    row: int
    names: frozenset[str]


@dataclass
class Repeats:
    """By record. It is kept for a whole file, so it is small: most rows give the same facts, and share one set."""

    _stated: dict[Hashable, Stated] = field(default_factory=dict)
    _names: dict[frozenset[str], frozenset[str]] = field(default_factory=dict)

    def of(self, record: Hashable) -> Stated | None:
        return self._stated.get(record)

    def add(self, record: Hashable, row: int, names: Iterable[str]) -> None:
        """Note what a row gave of a record. Call it once what the row wrote is committed."""
        earlier = self._stated.get(record)
        gathered = frozenset(names) | (earlier.names if earlier else frozenset())
        shared = self._names.setdefault(gathered, gathered)
        self._stated[record] = Stated(earlier.row if earlier else row, shared)


def remark(row: int, first: int, contradicted: Iterable[str]) -> str:
    """What a user is told of a row that repeats another one."""
    listed = ", ".join(sorted(contradicted))
    return f"row {row} repeats row {first}" + (f", whose values stay: {listed}." if listed else ".")
