"""Percentiles of numbers that lie in several sorted arrays, as PostgreSQL's percentile_cont has them of all of them."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import chain
from math import ceil

Run = Sequence[float]
_FEW = 512  # so many are sorted together
_INT = 2**31


def packed(numbers: Iterable[float]) -> "array[float] | array[int]":
    """Sorted, and in four bytes each where all of them are whole."""
    ranked = sorted(map(float, numbers))
    if all(number.is_integer() and abs(number) < _INT for number in ranked):
        return array("i", map(int, ranked))
    return array("d", ranked)


class Runs:
    """Sorted arrays, of which none is empty, read as if they were one."""

    def __init__(self, runs: Iterable[Run]) -> None:
        self._runs = [run for run in runs if run]
        self._size = sum(map(len, self._runs))
        if self._size <= _FEW and len(self._runs) > 1:
            self._runs = [sorted(chain.from_iterable(self._runs))]

    def at_share(self, share: float) -> float | None:
        if not self._size:
            return None
        place = share * (self._size - 1)
        below = int(place)
        low = self._at(below, share)
        high = self._at(min(below + 1, self._size - 1), share) if place > below else low
        return low + (high - low) * (place - below)

    def least_within(self, share: float) -> float | None:
        """The least number that this share of them does not exceed, as percentile_disc has it."""
        if not self._size:
            return None
        return self._at(max(ceil(share * self._size) - 1, 0), share)

    def different(self) -> int:
        return len(set(chain.from_iterable(self._runs)))

    def _at(self, place: int, share: float) -> float:
        """The number with this place. It lies between those that each array has at its share."""
        if len(self._runs) == 1:
            return self._runs[0][place]
        low, high = self._bounds(place, share)
        while (middle := low + (high - low) / 2) not in (low, high):
            starts = [bisect_left(run, low) for run in self._runs]
            ends = [bisect_right(run, high) for run in self._runs]
            if sum(ends) - sum(starts) <= _FEW:
                return sorted(chain.from_iterable(map(_part, self._runs, starts, ends)))[place - sum(starts)]
            if sum(bisect_right(run, middle) for run in self._runs) > place:
                high = middle
            else:
                low = middle
        return low if sum(bisect_right(run, low) for run in self._runs) > place else high

    def _bounds(self, place: int, share: float) -> tuple[float, float]:
        near = [int(share * (len(run) - 1)) for run in self._runs]
        low = min(run[at] for run, at in zip(self._runs, near, strict=True))
        high = max(run[min(at + 1, len(run) - 1)] for run, at in zip(self._runs, near, strict=True))
        if sum(bisect_left(run, low) for run in self._runs) > place:
            low = min(run[0] for run in self._runs)
        if sum(bisect_right(run, high) for run in self._runs) <= place:
            high = max(run[-1] for run in self._runs)
        return low, high


def _part(run: Run, start: int, end: int) -> Run:
    return run[start:end]
