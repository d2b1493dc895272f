"""Intervals for shares, which are honest also where numbers are small."""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

ALPHA = 0.05
Z95 = NormalDist().inv_cdf(1 - ALPHA / 2)


@dataclass(frozen=True)
class Interval:
    """Where the true value lies, with the confidence that was asked for."""

    low: float
    high: float

    def has(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> Interval:
        return wilson(self.part, self.whole)

    def as_dict(self) -> dict[str, float | int | None]:
        interval = self.interval
        return {"n": self.whole, "share": self.value, "low": interval.low, "high": interval.high}


def wilson(part: int, whole: int, z: float = Z95) -> Interval:
    """Of a share (Wilson's score interval). Of nothing, anything."""
    if not whole:
        return Interval(0.0, 1.0)
    share, square = part / whole, z * z
    centre = (share + square / (2 * whole)) / (1 + square / whole)
    reach = z * sqrt(share * (1 - share) / whole + square / (4 * whole * whole)) / (1 + square / whole)
    return Interval(max(0.0, centre - reach), min(1.0, centre + reach))


def difference(first: Share, second: Share, z: float = Z95) -> Interval:
    """Of the first share less the second, of two groups that have no member in common (Newcombe's hybrid score)."""
    if not first.whole or not second.whole:
        return Interval(-1.0, 1.0)
    (p, q), (a, b) = (
        (first.part / first.whole, second.part / second.whole),
        (
            wilson(first.part, first.whole, z),
            wilson(second.part, second.whole, z),
        ),
    )
    below = sqrt((p - a.low) ** 2 + (b.high - q) ** 2)
    above = sqrt((a.high - p) ** 2 + (q - b.low) ** 2)
    return Interval(p - q - below, p - q + above)


def corrected(tries: int) -> float:
    """How many standard errors the best of so many tries must be away, lest luck alone passes for a discovery
    (Bonferroni's correction of 95 %)."""
    return NormalDist().inv_cdf(1 - ALPHA / (2 * max(tries, 1)))
