"""Moments on the command line."""

from argparse import ArgumentTypeError
from datetime import datetime

from handoff.reports.period import bound


def moment(text: str) -> datetime:
    """A date, which is its first moment in UTC, or a moment."""
    try:
        return bound(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error
