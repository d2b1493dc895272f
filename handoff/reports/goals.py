"""The goals of a period, as the scorecard shows them."""

from datetime import date


def goals_of(months: int, starts_on: date) -> dict[str, int]:  # noqa: ARG001 no goal can be set yet
    """By the name of the figure; empty where no goal is set."""
    return {}
