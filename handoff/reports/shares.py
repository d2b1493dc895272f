"""Shares of things, and how little few of them say."""

from collections.abc import Callable, Mapping
from math import sqrt
from typing import Any

Figures = Mapping[str, Any]
Derived = Callable[[Figures], Any]
Z = 1.959964
"""95 % of a normal distribution lie within so many standard deviations."""


def share(part: str, whole: str) -> Derived:
    """Nothing where there is nothing to divide by."""
    return lambda figures: figures[part] / figures[whole] if figures[whole] else None


def least(part: str, whole: str) -> Derived:
    """The lower end of the interval in which the true share lies, at 95 %, after Wilson."""
    return lambda figures: _wilson(figures[part], figures[whole], -1)


def most(part: str, whole: str) -> Derived:
    """The upper end of that interval."""
    return lambda figures: _wilson(figures[part], figures[whole], 1)


def _wilson(part: int, whole: int, sign: int) -> float | None:
    if not whole:
        return None
    p, z2 = part / whole, Z * Z
    half = Z * sqrt(p * (1 - p) / whole + z2 / (4 * whole * whole))
    return min(max((p + z2 / (2 * whole) + sign * half) / (1 + z2 / whole), 0.0), 1.0)
