"""Workbooks of Excel and LibreOffice: the sheet with rows, and its cells as the text that a person sees."""

import io
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from python_calamine import CalamineError, CalamineWorkbook

from handoff.imports.unreadable import Unreadable

Cell = int | float | str | bool | time | date | datetime | timedelta
SHOWN = 10  # names of sheets in a message


def read_sheet(data: bytes, name: str, wanted: str = "") -> tuple[list[list[str]], str]:
    """The rows of the wanted sheet, or of the only one that has rows, and its name."""
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = {title: _rows(workbook, title) for title in workbook.sheet_names if wanted in ("", title)}
        titles = workbook.sheet_names
    except (CalamineError, OSError, ValueError) as error:
        raise Unreadable(
            f"{name} is a workbook that cannot be read ({error}): save it as “CSV UTF-8” and import that."
        ) from error
    if wanted and wanted not in sheets:
        raise Unreadable(f"{name} has no sheet “{wanted}”; it has {_listed(titles)}.")
    with_rows = [title for title, rows in sheets.items() if wanted or len(rows) > 1]
    if not with_rows:
        raise Unreadable(f"{name} is a workbook without rows: a sheet must have headers and rows below them.")
    if len(with_rows) > 1:
        raise Unreadable(f"{name} has several sheets with rows: {_listed(with_rows)}. Choose one with --sheet NAME.")
    return sheets[with_rows[0]], with_rows[0]


def _listed(titles: Sequence[str]) -> str:
    more = f" and {len(titles) - SHOWN} more" if len(titles) > SHOWN else ""
    return ", ".join(f"“{title}”" for title in titles[:SHOWN]) + more


def _rows(workbook: CalamineWorkbook, title: str) -> list[list[str]]:
    # With the empty rows above, so that the numbers of rows are those that the spreadsheet shows.
    rows = workbook.get_sheet_by_name(title).to_python(skip_empty_area=False)
    texts = [[cell_text(cell) for cell in row] for row in rows]
    while texts and not any(texts[-1]):
        texts.pop()
    return texts


def cell_text(cell: Cell) -> str:
    """A cell as text: whole numbers without .0, no exponents, dates as ISO 8601."""
    match cell:
        case bool():
            return "TRUE" if cell else "FALSE"
        case float():
            return _number_text(cell)
        case datetime():
            # A date alone is a moment at midnight to some writers of workbooks.
            return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ", timespec="seconds")
        case date() | time():
            return cell.isoformat()
        case _:
            return str(cell)


def _number_text(number: float) -> str:
    """All digits of the number: an id of a system must not become 3.9779212345E10."""
    if number != number or number in (float("inf"), float("-inf")):
        return str(number)
    text = format(Decimal(repr(number)), "f")
    return text.removesuffix(".0")
