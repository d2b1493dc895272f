"""A report as a workbook: the values of the CSV as numbers, and on a second sheet what each of them is."""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from xlsxwriter import Workbook

from handoff.reports.kinds import Kind, for_machines
from handoff.reports.report import Report, Row

TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# A name is text, whatever it begins with: nothing in the file is computed or leads anywhere.
_PLAIN = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_FORMATS = {Kind.SHARE: "0.0%", Kind.RATIO: "0.00"}


def as_workbook(report: Report, by: str, rows: Sequence[Row], now: datetime) -> bytes:
    out = io.BytesIO()
    with Workbook(out, _PLAIN) as book:
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet("Report")
        sheet.write_row(0, 0, report.header(by), bold)
        for at, column in enumerate(report.columns, 2):
            look = book.add_format({"num_format": _FORMATS[column.kind]}) if column.kind in _FORMATS else None
            sheet.set_column(at, at, 14, look)
        for line, row in enumerate(rows, 1):
            for at, value in enumerate(report.as_dict(by, row).values()):
                _write(sheet, line, at, value)
        sheet.set_column(0, 1, 24)
        sheet.freeze_panes(1, 2)
        _definitions(book, report, now)
    return out.getvalue()


def _write(sheet: Any, line: int, at: int, value: Any) -> None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        sheet.write_number(line, at, value)
    elif value is not None:
        sheet.write_string(line, at, for_machines(value))


def _definitions(book: Workbook, report: Report, now: datetime) -> None:
    sheet = book.add_worksheet("Definitions")
    lines = [(report.title, report.summary), ("As of", now.isoformat(timespec="seconds")), ("", report.explanation)]
    lines += [(column.name, column.definition) for column in report.columns]
    for line, cells in enumerate(lines):
        for at, text in enumerate(cells):
            sheet.write_string(line, at, text)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 100)
