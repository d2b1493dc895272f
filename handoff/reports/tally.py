"""What a report's things add up to, by the key of their row: gathered, added together, and kept as text and bytes."""

import json
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import chain
from operator import add
from typing import Any, NamedTuple

from handoff.reports.runs import Run, packed

_BYTES = {kind: array(kind).itemsize for kind in "id"}


class Standing(StrEnum):
    """How a thing that falls due stands, which follows from the moment of asking alone."""

    OPEN = "open"
    OVERDUE = "overdue"


class Due(NamedTuple):
    """A count, by its place, of things that are counted while they stand like this."""

    standing: str
    place: int


@dataclass(slots=True)
class Tally:
    """Of one row, in the order in which its report names them."""

    label: str | None
    counts: list[int]
    amounts: list[dict[str, Decimal]]
    runs: list[list[Run]]
    """For each of the report's values, the sorted arrays in which they lie."""
    due: dict[Due, list[Run]] = field(default_factory=dict)
    """The moments at which things fall due that are counted besides, in seconds since 1970, likewise."""

    def add(self, other: "Tally") -> None:
        if other.label != self.label:
            self.label = max(filter(None, (self.label, other.label)), default=None)
        self.counts = list(map(add, self.counts, other.counts))
        for mine, its in zip(self.amounts, other.amounts, strict=True):
            for currency, amount in its.items():
                mine[currency] = mine.get(currency, Decimal(0)) + amount
        for runs, more in zip(self.runs, other.runs, strict=True):
            runs.extend(more)
        for counted, more in other.due.items():
            self.due.setdefault(counted, []).extend(more)

    def settle(self, now: datetime) -> None:
        """Count what falls due as it stands at a moment."""
        at = now.timestamp()
        for counted, runs in self.due.items():
            overdue = sum(bisect_left(run, at) for run in runs)
            is_overdue = counted.standing == Standing.OVERDUE
            self.counts[counted.place] += overdue if is_overdue else sum(map(len, runs)) - overdue
        self.due = {}


Tallies = dict[str, Tally]
"""By key."""


@dataclass(frozen=True)
class Kept:
    """Tallies as they are stored: the arrays stand one after the other in bytes, and the text says how long each is."""

    figures: str = "[]"
    runs: bytes = b""


def added(parts: Iterable[Mapping[str, Tally]]) -> Tallies:
    total: Tallies = {}
    for part in parts:
        for key, tally in part.items():
            if key in total:
                total[key].add(tally)
            else:
                total[key] = tally
    return total


def stored(tallies: Mapping[str, Tally]) -> Kept:
    rows, blocks = [], []
    for key, tally in sorted(tallies.items()):
        runs = [packed(chain.from_iterable(parts)) for parts in tally.runs]
        due = {counted: packed(chain.from_iterable(parts)) for counted, parts in sorted(tally.due.items())}
        amounts = [{currency: str(amount) for currency, amount in sorted(each.items())} for each in tally.amounts]
        sizes = [_size(run) for run in runs], [[*counted, _size(run)] for counted, run in due.items()]
        rows.append([key, tally.label, tally.counts, amounts, *sizes])
        blocks += [run.tobytes() for run in (*runs, *due.values())]
    return Kept(json.dumps(rows, separators=(",", ":")), b"".join(blocks))


def _size(run: "array[Any]") -> str:
    """Like `d12`: its type and its length."""
    return f"{run.typecode}{len(run)}" if run else ""


def read(kept: Kept) -> Tallies:
    """The arrays are read where they lie: most of their numbers are never looked at."""
    block = _Block(memoryview(kept.runs))
    return {
        key: Tally(
            label,
            counts,
            [_decimals(each) for each in amounts],
            [[block.next(size)] if size else [] for size in runs],
            {Due(standing, place): [block.next(size)] for standing, place, size in due},
        )
        for key, label, counts, amounts, runs, due in json.loads(kept.figures)
    }


def _decimals(amounts: Mapping[str, str]) -> dict[str, Decimal]:
    return {currency: Decimal(amount) for currency, amount in amounts.items()}


@dataclass(slots=True)
class _Block:
    bytes: memoryview
    at: int = 0

    def next(self, size: str) -> Any:
        kind: Any = size[0]
        begin = self.at
        self.at += _BYTES[kind] * int(size[1:])
        return self.bytes[begin : self.at].cast(kind)
