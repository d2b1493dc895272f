"""Workbooks are read whatever their name says, and their cells as a person sees them."""

from datetime import date, datetime, time
from pathlib import Path

import pytest

from handoff.imports.headers import Vocabulary
from handoff.imports.leads import ALIASES
from handoff.imports.table import Source, parse
from handoff.imports.unreadable import Unreadable
from handoff.imports.workbook import Cell, cell_text
from tests.workbooks import workbook

ROWS: list[list[Cell]] = [
    ["Record ID", "Email", "Score", "Create Date", "Opted in"],
    [39779212345, "dana@buyer.example", 82.0, datetime(2026, 1, 15, 9, 14), True],  # noqa: DTZ001
    [39779212346, "emil@buyer.example", 0.5, datetime(2026, 1, 16), False],  # noqa: DTZ001
]


@pytest.mark.parametrize("name", ["leads.xlsx", "leads.csv", "leads"])
def test_cells_are_what_a_person_sees(name: str) -> None:
    table = parse(workbook({"Leads": ROWS}), name)
    assert table.headers == ("Record ID", "Email", "Score", "Create Date", "Opted in")
    assert [line.values for line in table.lines] == [
        ("39779212345", "dana@buyer.example", "82", "2026-01-15 09:14:00", "TRUE"),
        ("39779212346", "emil@buyer.example", "0.5", "2026-01-16", "FALSE"),
    ]
    assert (table.sheet, table.encoding) == ("Leads", "")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (12.0, "12"),
        (-0.1, "-0.1"),
        (3.9779212345e10, "39779212345"),
        (1e21, "1000000000000000000000"),
        (1e-7, "0.0000001"),
        (True, "TRUE"),
        (date(2026, 3, 2), "2026-03-02"),
        (datetime(2026, 3, 2, 9, 0, 1), "2026-03-02 09:00:01"),  # noqa: DTZ001
        (time(9, 30), "09:30:00"),
        ("00012", "00012"),
        ("", ""),
    ],
)
def test_a_cell_as_text(cell: Cell, text: str) -> None:
    assert cell_text(cell) == text


def test_of_several_sheets_the_one_with_rows_is_read() -> None:
    data = workbook({"Read me": [["Exported on Monday"]], "Leads": ROWS, "Empty": []})
    assert parse(data, "leads.xlsx").sheet == "Leads"


def test_of_several_sheets_with_rows_one_must_be_chosen() -> None:
    data = workbook({"Spring": ROWS, "Autumn": [["Email"], ["zoe@buyer.example"]]})
    with pytest.raises(
        Unreadable, match=r"several sheets with rows: “Spring”, “Autumn”\. Choose one with --sheet NAME"
    ):
        parse(data, "leads.xlsx")
    assert parse(data, "leads.xlsx", Source(sheet="Autumn")).lines[0].values == ("zoe@buyer.example",)
    with pytest.raises(Unreadable, match="has no sheet “Winter”; it has “Spring”, “Autumn”"):
        parse(data, "leads.xlsx", Source(sheet="Winter"))


def test_titles_above_the_headers_are_passed_over_and_rows_keep_their_numbers() -> None:
    data = workbook({"Leads": [["Leads of January"], [], ["by", "Ada"], *ROWS]})
    table = parse(data, "leads.xlsx", recognised=Vocabulary("leads", ALIASES).recognised)
    assert table.headers[:2] == ("Record ID", "Email")
    assert [line.number for line in table.lines] == [5, 6]
    assert [line.number for line in table.skipped] == [1, 3]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (workbook({"Leads": [["Email"]]}), "a workbook without rows"),
        (workbook({"Leads": ROWS})[:600], "is a workbook that cannot be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "is a workbook that cannot be read"),
    ],
)
def test_a_workbook_that_is_of_no_use_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        parse(data, "leads.xlsx")


def test_a_sheet_of_a_text_and_an_encoding_of_a_workbook_are_refused() -> None:
    with pytest.raises(Unreadable, match=r"--sheet Leads: leads\.csv is not a workbook"):
        parse(b"Email\na@buyer.example\n", "leads.csv", Source(sheet="Leads"))
    with pytest.raises(Unreadable, match=r"--encoding cp1252: leads\.xlsx is a workbook"):
        parse(workbook({"Leads": ROWS}), "leads.xlsx", Source(encoding="cp1252"))


@pytest.mark.parametrize("name", ["leads.xls", "leads.csv"])
def test_an_old_workbook_is_read_too(name: str) -> None:
    """An XLS of two leads, written by a library that is not among the requirements."""
    table = parse((Path(__file__).parent / "exports" / "leads.xls").read_bytes(), name)
    assert table.sheet == "Leads"
    assert [line.values for line in table.lines] == [
        ("39779212345", "dana@buyer.example", "82", "2026-01-15 09:14:00", "TRUE"),
        ("39779212346", "zoë@buyer.example", "0.5", "2026-01-16", "FALSE"),
    ]
