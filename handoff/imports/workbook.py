"""Workbooks of Excel and LibreOffice: the sheet with rows, and its cells as the text that a person sees."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from handoff.imports.unreadable import Unreadable

Cell = int | float | str | bool | time | date | datetime | timedelta
SHOWN = 10  # names of sheets in a message


def choose_sheet(data: bytes, name: str, wanted: str = "") -> str:
    """The wanted sheet, or the only one that has rows."""
    with _reading(name):
        workbook = _open(data)
        titles = workbook.sheet_names
        with_rows = [title for title in titles if _has_rows(workbook, title, 1 if wanted else 2)]
    if wanted and wanted not in titles:
        raise Unreadable(f"{name} has no sheet “{wanted}”; it has {_listed(titles)}.")
    if wanted:
        with_rows = [title for title in with_rows if title == wanted]
    if not with_rows:
        raise Unreadable(f"{name} is a workbook without rows: a sheet must have headers and rows below them.")
    if len(with_rows) > 1:
        raise Unreadable(f"{name} has several sheets with rows: {_listed(with_rows)}. Choose one with --sheet NAME.")
    return with_rows[0]


def sheets_of(data: bytes, name: str) -> list[str]:
    """The sheets that have rows."""
    with _reading(name):
        workbook = _open(data)
        return [title for title in workbook.sheet_names if _has_rows(workbook, title, 2)]


def sheet_of(data: bytes, title: str) -> CalamineSheet:
    """A sheet, whose rows can be read any number of times: it keeps its cells in less room than Python would."""
    return _open(data).get_sheet_by_name(title)


def rows_of(sheet: CalamineSheet) -> Iterator[list[str]]:
    """The rows, with the empty ones above, so that their numbers are those that the spreadsheet shows."""
    return ([cell_text(cell) for cell in row] for row in sheet.iter_rows())


def _open(data: bytes) -> CalamineWorkbook:
    return CalamineWorkbook.from_filelike(io.BytesIO(data))


def _has_rows(workbook: CalamineWorkbook, title: str, least: int) -> bool:
    sheet = workbook.get_sheet_by_name(title)
    rows = sheet.height if sheet.start else 0
    return rows >= least


@contextmanager
def _reading(name: str) -> Iterator[None]:
    try:
        yield
    except (CalamineError, OSError, ValueError) as error:
        raise Unreadable(
            f"{name} is a workbook that cannot be read ({error}): save it as “CSV UTF-8” and import that."
        ) from error


def _listed(titles: Sequence[str]) -> str:
    more = f" and {len(titles) - SHOWN} more" if len(titles) > SHOWN else ""
    return ", ".join(f"“{title}”" for title in titles[:SHOWN]) + more


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
