"""What a report's things add up to, by the key of their row: gathered, added together, and kept as text and bytes."""

import json
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import Any

from handoff.reports.runs import Run, packed


@dataclass
class Tally:
    """Of one row, in the order in which its report names them."""

    label: str | None
    counts: list[int]
    amounts: list[dict[str, Decimal]]
    runs: list[list[Run]]
    """For each of the report's values, the sorted arrays in which they lie."""

    def add(self, other: "Tally") -> None:
        self.label = max(filter(None, (self.label, other.label)), default=None)
        self.counts = [mine + its for mine, its in zip(self.counts, other.counts, strict=True)]
        for mine, its in zip(self.amounts, other.amounts, strict=True):
            for currency, amount in its.items():
                mine[currency] = mine.get(currency, Decimal(0)) + amount
        for runs, more in zip(self.runs, other.runs, strict=True):
            runs.extend(more)


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
        amounts = [{currency: str(amount) for currency, amount in sorted(each.items())} for each in tally.amounts]
        rows.append([key, tally.label, tally.counts, amounts, [f"{run.typecode}{len(run)}" for run in runs]])
        blocks += [run.tobytes() for run in runs]
    return Kept(json.dumps(rows, separators=(",", ":")), b"".join(blocks))


def read(kept: Kept) -> Tallies:
    block = _Block(memoryview(kept.runs))
    return {
        key: Tally(label, counts, [_decimals(each) for each in amounts], [[block.next(run)] for run in runs])
        for key, label, counts, amounts, runs in json.loads(kept.figures)
    }


def _decimals(amounts: Mapping[str, str]) -> dict[str, Decimal]:
    return {currency: Decimal(amount) for currency, amount in amounts.items()}


@dataclass
class _Block:
    bytes: memoryview
    at: int = 0

    def next(self, run: str) -> Any:
        """The numbers of a run like `d12`: its type and its length."""
        numbers: Any = array(run[0])
        end = self.at + numbers.itemsize * int(run[1:])
        numbers.frombytes(self.bytes[self.at : end])
        self.at = end
        return numbers
