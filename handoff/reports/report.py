"""A report is a value: a question, columns and rows. The page, CSV, API and command show each in the same way."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from django import forms

from handoff.reports.behind import Behind
from handoff.reports.kinds import Kind, for_machines, for_people
from handoff.reports.period import PeriodForm
from leads.models import User

Asked = Mapping[str, Any]
"""The cleaned data of a report's form."""


class Row(Protocol):
    """One row. `key` is empty for what belongs to none of them, and `label` says so in words."""

    @property
    def key(self) -> str: ...
    @property
    def label(self) -> str: ...


@dataclass(frozen=True)
class Column:
    """A value that each row has, under one name at every door."""

    name: str
    """Of the row's attribute, in JSON, and in the header of a file."""
    label: str
    definition: str
    kind: Kind = Kind.COUNT
    group: str = ""
    """What the page writes above this column and its neighbours of the same group."""
    below: str = ""
    """The column in whose cell the page writes this in small print, where it is not zero."""


class Shape(StrEnum):
    """How a chart draws its columns, a row beside a row."""

    BARS = "bars"
    STACKED = "stacked"
    LINES = "lines"


@dataclass(frozen=True)
class Heat:
    """The rows that are hours of the week, with keys like 1-09 for Monday at nine: the page draws them as a map."""

    rows: str
    value: str
    """The column that colours a cell."""
    count: str
    """The column that says of how many, and opens to them."""


@dataclass(frozen=True)
class Chart:
    """Which columns the page draws above its table. Times and shares are drawn as they are, counts from zero."""

    columns: Sequence[str]
    shape: Shape = Shape.BARS
    most: int = 30
    """Rows that are drawn: beyond them the table is the better picture."""
    heat: Heat | None = None


@dataclass(frozen=True)
class Report:
    """One report, and all that a door needs to show it."""

    name: str
    """Its address, and its name on the command line."""
    title: str
    summary: str
    form: type[PeriodForm]
    asked_first: Mapping[str, str]
    """What the page shows before anything is asked."""
    columns: Sequence[Column]
    rows: Callable[[Asked, datetime], Sequence[Row]]
    """What is answered at a moment: in few queries, however many rows there are."""
    explanation: str
    nothing: tuple[str, str]
    """What the page says when there are no rows: a title and a sentence."""
    icon: str = "monitoring"
    chart: Chart | None = None
    behind: Callable[[Asked, str | None, str, datetime], Behind] | None = None
    """The leads behind a figure: of the row with a key, or without one of all rows, in a column that opens."""
    opens: Collection[str] = ()
    """The columns whose figures open to their leads."""
    about: str = ""
    """What an entry behind a figure is: empty where each is a lead, else like “clock”."""
    readers: Collection[str] = ()
    """The roles that read it; empty: everyone with a role."""

    def may_be_read_by(self, person: User) -> bool:
        return person.has_role(*self.readers) if self.readers else bool(person.roles)

    def header(self, by: str) -> list[str]:
        """The names of what a row holds, in this order at every door."""
        return [by, "label", *(column.name for column in self.columns)]

    def as_dict(self, by: str, row: Row) -> dict[str, Any]:
        """A row as programs read it."""
        values = {column.name: getattr(row, column.name) for column in self.columns}
        return {by: row.key, "label": row.label, **values}

    def as_cells(self, by: str, row: Row) -> list[str]:
        """A row of a file, below its header."""
        return [for_machines(value) for value in self.as_dict(by, row).values()]

    def as_words(self, row: Row) -> dict[str, str]:
        """The values of a row as people read them."""
        return {column.name: for_people(column.kind, getattr(row, column.name)) for column in self.columns}


def choices(field: forms.Field) -> list[tuple[str, str]]:
    """What may be chosen, with what people read; empty for a field that is typed."""
    return list(field.choices) if isinstance(field, forms.ChoiceField) else []  # type: ignore[arg-type]
