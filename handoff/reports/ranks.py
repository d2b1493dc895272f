"""Percentiles of a handful of figures, as PostgreSQL's percentile_cont has them."""

from collections.abc import Iterable


def at_share(share: float, figures: Iterable[float]) -> float:
    """The figure below which that share of them lies, between two of them if need be; 0 for none."""
    ranked = sorted(figures)
    if not ranked:
        return 0
    place = share * (len(ranked) - 1)
    below = int(place)
    above = min(below + 1, len(ranked) - 1)
    return ranked[below] + (place - below) * (ranked[above] - ranked[below])
