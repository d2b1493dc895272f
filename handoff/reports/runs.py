"""Percentiles of numbers that lie in several sorted arrays, as PostgreSQL's percentile_cont has them of all of them."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import chain, repeat
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
        self.size = sum(map(len, self._runs))
        if self.size <= _FEW and len(self._runs) > 1:
            self._runs = [sorted(chain.from_iterable(self._runs))]

    def at_share(self, share: float) -> float | None:
        if not self.size:
            return None
        place = share * (self.size - 1)
        below = int(place)
        low, high = self._pair(below, share)
        return low + (high - low) * (place - below) if place > below else low

    def least_within(self, share: float) -> float | None:
        """The least number that this share of them does not exceed, as percentile_disc has it."""
        if not self.size:
            return None
        return self._at(max(ceil(share * self.size) - 1, 0), share)

    def at_place(self, place: int) -> float:
        """The number with this place in order; the first one is 1."""
        return self._at(place - 1, (place - 1) / max(self.size - 1, 1))

    def different(self) -> int:
        return len(set(chain.from_iterable(self._runs)))

    def _at(self, place: int, share: float) -> float:
        return self._pair(place, share)[0]

    def _pair(self, place: int, share: float) -> tuple[float, float]:
        """The number with this place and the next one. It lies between those that each array has at its share."""
        if len(self._runs) == 1:
            [run] = self._runs
            return run[place], run[min(place + 1, self.size - 1)]
        low, high, starts, ends = self._window(place, share)
        while sum(ends) - sum(starts) > _FEW and low < (middle := low + (high - low) / 2) < high:
            middles = list(map(bisect_right, self._runs, repeat(middle), starts, ends))
            if sum(middles) > place:
                high, ends = middle, middles
            else:
                low, starts = middle, middles
        few = sorted(chain.from_iterable(map(_part, self._runs, starts, ends)))
        at = place - sum(starts)
        return few[at], few[at + 1] if at + 1 < len(few) else self._least_after(ends, few[at])

    def _least_after(self, ends: Sequence[int], otherwise: float) -> float:
        rest = (run[end] for run, end in zip(self._runs, ends, strict=True) if end < len(run))
        return min(rest, default=otherwise)

    def _window(self, place: int, share: float) -> tuple[float, float, list[int], list[int]]:
        """Two numbers between which it lies, and where they are: most often the middle half of those at the share."""
        near = sorted(run[int(share * (len(run) - 1))] for run in self._runs)
        quarter = len(near) // 4
        for low, high in ((near[quarter], near[-1 - quarter]), (near[0], near[-1])):
            starts = [bisect_left(run, low) for run in self._runs]
            ends = [bisect_right(run, high) for run in self._runs]
            if sum(starts) <= place < sum(ends):
                return low, high, starts, ends
        low, high = min(run[0] for run in self._runs), max(run[-1] for run in self._runs)
        return low, high, [0] * len(self._runs), list(map(len, self._runs))


def _part(run: Run, start: int, end: int) -> Run:
    return run[start:end]
