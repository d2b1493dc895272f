"""Moments on the command line."""

from argparse import ArgumentTypeError
from datetime import UTC, datetime

YEARS = range(1970, 2200)


def moment(text: str) -> datetime:
    """A date, which is its first moment in UTC, or a moment."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"“{text}” is no date: write one like 2026-03-01.") from error
    if at.year not in YEARS:
        raise ArgumentTypeError(f"“{text}” is too far away: give a year from {YEARS[0]} to {YEARS[-1]}.")
    return at if at.tzinfo else at.replace(tzinfo=UTC)
