"""The columns of a file for people: each with a few values, the field that it is, and how that is known."""

from collections.abc import Sequence
from dataclasses import dataclass

from handoff.imports.mapping import Columns
from handoff.imports.table import Line

SAMPLES, CHARACTERS = 3, 60
LOOKED_AT = 50  # rows


@dataclass(frozen=True)
class ColumnView:
    """One column, at its place in the file."""

    at: int
    header: str
    samples: Sequence[str]
    field: str = ""
    how: str = ""
    """Empty for a column that is not read."""
    because: str = ""
    """Why it is not read though its header names a field."""


def view_columns(headers: Sequence[str], lines: Sequence[Line], columns: Columns | None) -> list[ColumnView]:
    """All columns, in the order of the file."""
    choices = {each.at: each for each in reversed(columns.choices)} if columns else {}
    left_out = columns.left_out if columns else {}
    return [
        ColumnView(
            at,
            header,
            _samples(at, lines),
            field=choices[at].field if at in choices else "",
            how=str(choices[at].how) if at in choices else "",
            because=left_out.get(at, ""),
        )
        for at, header in enumerate(headers)
    ]


def _samples(at: int, lines: Sequence[Line]) -> list[str]:
    cells = (line.values[at].strip() for line in lines[:LOOKED_AT] if at < len(line.values))
    return [text[:CHARACTERS] for text in list(dict.fromkeys(filter(None, cells)))[:SAMPLES]]
