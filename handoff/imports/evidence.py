"""What the values of a file show of how it is to be read: in which order its dates are, how its amounts are written."""

import re
from collections.abc import Collection, Iterable, Sequence

from django.core.exceptions import ValidationError

from handoff.imports.dates import Order, read_day
from handoff.imports.kind import Row
from handoff.imports.money import read_money
from handoff.imports.understanding import moments_of

_DOUBTFUL_DATE = re.compile(r"\d{1,2}[-./]\d{1,2}[-./]\d{2,4}\b")
_DOUBTFUL_AMOUNT = re.compile(r"\d[.,'’\s]\d")


def of_order(rows: Iterable[Row], fields: Sequence[str]) -> str:
    """The first date that can be read in one order only; empty where no date of the file is in doubt."""
    is_in_doubt = False
    for row in rows:
        for name in fields:
            text = row.get(name)
            if text and _DOUBTFUL_DATE.match(text):
                is_in_doubt = True
                if sum(_is_date(text, order) for order in Order) == 1:
                    return f", because of “{text}” (row {row.number})"
    return ", as all its dates are the same in every order" if is_in_doubt else ""


def _is_date(text: str, order: Order) -> bool:
    try:
        read_day(text, order)
    except ValidationError:
        return False
    return True


def of_amounts(rows: Iterable[Row], fields: Collection[str]) -> str:
    """The first amount with a comma or point in it, and how it is read."""
    names = [name for name in ("amount", "cost") if name in fields]
    for row in rows if names else ():
        for name in names:
            text = row.get(name)
            if text and _DOUBTFUL_AMOUNT.search(text):
                try:
                    money = read_money(text)
                except ValidationError:
                    continue
                return f"“{text}” (row {row.number}) is read as {money.amount:f} {money.currency}".rstrip()
    return ""


def undated(rows: Iterable[Row], kind: str, fields: Collection[str]) -> int:
    """How many rows have no moment in any of the columns for it."""
    names = [name for name in moments_of(kind) if name in fields]
    return sum(not any(map(row.get, names)) for row in rows) if names else 0
