"""Workbooks as Excel writes them, for the tests of what reads them."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from xml.sax.saxutils import escape

from handoff.imports.workbook import Cell

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
