"""A review pack as a PDF and as a CSV: the same bytes from the same data, whenever and wherever they are made."""

import csv
import io
import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from fpdf import FPDF, FontFace
from fpdf.enums import TableBordersLayout

from handoff.reports.cells import safe_cell
from handoff.reviewing.sections import Data, Section, head, sections

logging.getLogger("fontTools").setLevel(logging.WARNING)  # it logs each table of a font that it leaves out
FONTS = Path(__file__).parent / "fonts"
FAMILY = "DejaVu"
_INK, _QUIET, _GROUND = (17, 24, 39), (75, 85, 99), (243, 244, 246)
_WIDE = 3
"""As many shares of the width as other columns has one that holds sentences."""


class _Pages(FPDF):
    """Pages with their number below them."""

    title_of_pages = ""

    def footer(self) -> None:
        self.set_y(-12)
        self.set_font(FAMILY, size=8)
        self.set_text_color(*_QUIET)
        self.cell(0, 6, f"{self.title_of_pages} · page {self.page_no()} of {{nb}}", align="C")


def as_pdf(data: Data, format_number: int) -> bytes:
    title, about = head(data)
    pages = _new(title, datetime.fromisoformat(data["as_of"]))
    pages.add_page()
    pages.set_font(FAMILY, "B", 16)
    pages.multi_cell(0, 9, title, new_x="LMARGIN", new_y="NEXT")
    _text(pages, about)
    for section in sections(data, format_number):
        _draw(pages, section)
    return bytes(pages.output())


def as_csv(data: Data, format_number: int) -> bytes:
    """One table below the other, each with its title before it."""
    out = io.StringIO()
    lines = csv.writer(out)
    title, about = head(data)
    lines.writerows([[safe_cell(title)], [safe_cell(about)]])
    for section in sections(data, format_number):
        lines.writerows([[], [section.title], list(section.header)])
        lines.writerows([safe_cell(cell) for cell in row] for row in section.rows)
        if section.note:
            lines.writerow([safe_cell(section.note)])
    return out.getvalue().encode()


def _new(title: str, at: datetime) -> _Pages:
    pages = _Pages(orientation="landscape", format="A4")
    pages.title_of_pages = title
    pages.set_creation_date(at)  # else it would be now, and no two files would be the same
    pages.set_title(title)
    pages.set_producer("Handoff")
    pages.set_creator("Handoff")
    pages.set_lang("en")
    pages.set_margin(14)
    pages.set_auto_page_break(True, 16)
    pages.add_font(FAMILY, "", FONTS / "DejaVuSansCondensed.ttf")
    pages.add_font(FAMILY, "B", FONTS / "DejaVuSansCondensed-Bold.ttf")
    pages.set_text_color(*_INK)
    return pages


def _draw(pages: _Pages, section: Section) -> None:
    pages.ln(5)
    if pages.will_page_break(30):
        pages.add_page()
    pages.set_font(FAMILY, "B", 12)
    pages.set_text_color(*_INK)
    pages.multi_cell(0, 7, section.title, new_x="LMARGIN", new_y="NEXT")
    if section.rows:
        _table(pages, section)
    if section.note:
        _text(pages, section.note)


def _table(pages: _Pages, section: Section) -> None:
    pages.set_font(FAMILY, size=8.5)
    widths = [_WIDE if n in (0, section.wide) else 1.4 for n in range(len(section.header))]
    look = FontFace(emphasis="BOLD", fill_color=_GROUND)
    layout = TableBordersLayout.HORIZONTAL_LINES
    with pages.table(
        col_widths=widths, headings_style=look, borders_layout=layout, line_height=5, padding=0.8
    ) as table:
        for cells in (section.header, *section.rows):
            _row(table.row(), cells)


def _row(row: "object", cells: Sequence[str]) -> None:
    for cell in cells:
        row.cell(cell)  # type: ignore[attr-defined]


def _text(pages: _Pages, words: str) -> None:
    pages.set_font(FAMILY, size=9)
    pages.set_text_color(*_QUIET)
    pages.multi_cell(0, 5, words, new_x="LMARGIN", new_y="NEXT")
    pages.set_text_color(*_INK)
