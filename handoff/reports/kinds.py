"""The kinds of values that a report has, and how each reads. What is not there is a dash, never a zero."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sla.durations import in_words

NOTHING = "–"


class Kind(StrEnum):
    """What the values of a column are: it decides how they read, and how the API describes them."""

    TEXT = "text"
    COUNT = "count"
    GOAL = "goal"
    SHARE = "share"
    RATIO = "ratio"
    BUSINESS_TIME = "business_time"
    WALL_TIME = "wall_time"
    AMOUNTS = "amounts"


def for_people(kind: Kind, value: Any) -> str:
    """A value in the cell of a table."""
    return NOTHING if value is None else _READS[kind](value)


def for_machines(value: Any) -> str:
    """A value in the cell of a file: exactly, and empty where there is none."""
    if value is None:
        return ""
    return amounts(value) if isinstance(value, Mapping) else str(value)


def percent(share: float | None) -> str:
    """Like `97.3 %`. Only what is whole reads 100 %, and only nothing at all reads 0 %."""
    if share is None:
        return NOTHING
    if share in (0, 1):
        return f"{share:.0%}".replace("%", " %")
    return f"{min(max(100 * share, 0.1), 99.9):.1f} %"


def amounts(by_currency: Mapping[str, str]) -> str:
    """Like `1200.00 EUR, 10.50 USD`, or `1200.00 EUR, 10.50 USD (no rate)` where they are converted."""
    return ", ".join(f"{amount} {currency}".strip() for currency, amount in by_currency.items())


def _grouped_amounts(by_currency: Mapping[str, str]) -> str:
    """Like `1,200.00 EUR, 10.50 USD`."""
    return amounts({currency: f"{Decimal(amount):,}" for currency, amount in by_currency.items()})


def _count(number: int) -> str:
    return f"{number:,}"


def _ratio(number: float) -> str:
    """Like `1.25`."""
    return f"{number:,.2f}"


def _business_time(seconds: float) -> str:
    return in_words(seconds, business=True)


_READS: Mapping[Kind, Callable[[Any], str]] = {
    Kind.TEXT: str,
    Kind.COUNT: _count,
    Kind.GOAL: _count,
    Kind.SHARE: percent,
    Kind.RATIO: _ratio,
    Kind.BUSINESS_TIME: _business_time,
    Kind.WALL_TIME: in_words,
    Kind.AMOUNTS: _grouped_amounts,
}
