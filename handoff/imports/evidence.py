"""What the values of a file show of how it is to be read: in which order its dates are, how its amounts are written."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError

from handoff.imports.dates import Order, PossibleOrders, read_day
from handoff.imports.kind import Row
from handoff.imports.mapping import Columns
from handoff.imports.money import read_money
from handoff.imports.table import Line
from handoff.imports.understanding import moments_of

_DOUBTFUL_DATE = re.compile(r"\d{1,2}[-./]\d{1,2}[-./]\d{2,4}\b")
_DOUBTFUL_AMOUNT = re.compile(r"\d[.,'’\s]\d")


@dataclass
class Survey:
    """What the rows of a file show. They are read once for all of it, as reading them is most of the work."""

    amounts: Sequence[str] = ()
    dates: Sequence[str] = ()
    moments: Sequence[str] = ()
    orders: PossibleOrders = field(default_factory=PossibleOrders)
    deciding: str = ""
    """The first date that can be read in one order only."""
    is_in_doubt: bool = False
    amount: str = ""
    """The first amount with a comma or point in it, and how it is read."""
    undated: int = 0
    """How many rows have no moment in any of the columns for it."""

    @classmethod
    def of(cls, lines: Iterable[Line], kind: str, columns: Columns, dates: Sequence[str]) -> "Survey":
        amounts = [name for name in ("amount", "cost") if name in columns.fields]
        survey = cls(amounts, dates, [name for name in moments_of(kind) if name in columns.fields])
        for line in lines if amounts or dates or survey.moments else ():
            survey._add(Row(line.number, columns.cells(line.values)))
        return survey

    @property
    def order(self) -> str:
        """By which date the order is decided; empty where no date of the file is in doubt."""
        if self.deciding:
            return self.deciding
        return ", as all its dates are the same in every order" if self.is_in_doubt else ""

    def _add(self, row: Row) -> None:
        for name in self.dates:
            text = row.get(name)
            if text and not text[:4].isdecimal():  # with the year in front there is one order
                self._add_date(row, text)
        if not self.amount:
            for name in self.amounts:
                self.amount = self.amount or _amount_in(row, name)
        if self.moments and not any(map(row.get, self.moments)):
            self.undated += 1

    def _add_date(self, row: Row, text: str) -> None:
        self.orders.add(row.number, text)
        if not self.deciding and _DOUBTFUL_DATE.match(text):
            self.is_in_doubt = True
            if sum(_is_date(text, order) for order in Order) == 1:
                self.deciding = f", because of “{text}” (row {row.number})"


def _is_date(text: str, order: Order) -> bool:
    try:
        read_day(text, order)
    except ValidationError:
        return False
    return True


def _amount_in(row: Row, name: str) -> str:
    text = row.get(name)
    if not text or not _DOUBTFUL_AMOUNT.search(text):
        return ""
    try:
        money = read_money(text)
    except ValidationError:
        return ""
    return f"“{text}” (row {row.number}) is read as {money.amount:f} {money.currency}".rstrip()
