"""Workbooks are read whatever their name says, and their cells as a person sees them."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from handoff.imports.headers import Vocabulary
from handoff.imports.leads import ALIASES
from handoff.imports.table import Source, parse
from handoff.imports.unreadable import Unreadable
from handoff.imports.workbook import Cell, cell_text

_DATE_STYLE = 1
_OF_MICROSOFT = "http://schemas.openxmlformats.org"
_CONTENT = f"""<?xml version="1.0"?><Types xmlns="{_OF_MICROSOFT}/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/></Types>"""
_RELS = f"""<?xml version="1.0"?><Relationships xmlns="{_OF_MICROSOFT}/package/2006/relationships">
<Relationship Id="rId1" Target="xl/workbook.xml"
 Type="{_OF_MICROSOFT}/officeDocument/2006/relationships/officeDocument"/></Relationships>"""
_STYLES = """<?xml version="1.0"?><styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>"""


def workbook(sheets: Mapping[str, Sequence[Sequence[Cell]]]) -> bytes:
    """A workbook as Excel writes it, without the parts that nobody reads."""
    ns = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    r = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    titles = "".join(f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(sheets, 1))
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{kind}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as parts:
        parts.writestr("[Content_Types].xml", _CONTENT)
        parts.writestr("_rels/.rels", _RELS)
        parts.writestr("xl/workbook.xml", f"<workbook {ns} {r}><sheets>{titles}</sheets></workbook>")
        parts.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{links}'
            f'<Relationship Id="rId99" Type="{kind}/styles" Target="styles.xml"/></Relationships>',
        )
        parts.writestr("xl/styles.xml", _STYLES)
        for n, rows in enumerate(sheets.values(), 1):
            data = "".join(
                f'<row r="{number}">{"".join(_cell(value, at, number) for at, value in enumerate(row))}</row>'
                for number, row in enumerate(rows, 1)
            )
            parts.writestr(f"xl/worksheets/sheet{n}.xml", f"<worksheet {ns}><sheetData>{data}</sheetData></worksheet>")
    return out.getvalue()


def _cell(value: Cell, at: int, row: int) -> str:
    place = f'r="{chr(ord("A") + at)}{row}"'
    match value:
        case bool():
            return f'<c {place} t="b"><v>{int(value)}</v></c>'
        case datetime():
            serial = (value - datetime(1899, 12, 30)).total_seconds() / 86_400  # noqa: DTZ001 - as Excel counts
            return f'<c {place} s="{_DATE_STYLE}"><v>{serial}</v></c>'
        case int() | float():
            return f"<c {place}><v>{value}</v></c>"
        case _:
            return f'<c {place} t="inlineStr"><is><t>{escape(str(value))}</t></is></c>' if value != "" else ""


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
