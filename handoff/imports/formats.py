"""Files that are not delimited text: what they are, and how their makers export text instead."""

import json

from handoff.imports.unreadable import Unreadable

_OTHER = {
    b"%PDF": ("a PDF", "A PDF has no rows: export it as CSV"),
    b"\x1f\x8b": ("a gzip archive", "Unpack it first"),
    b"BZh": ("a bzip2 archive", "Unpack it first"),
    b"7z\xbc\xaf\x27\x1c": ("a 7-Zip archive", "Unpack it first"),
    b"Rar!": ("a RAR archive", "Unpack it first"),
    b"\x89PNG": ("a picture", "Export the table as CSV"),
    b"\xff\xd8\xff": ("a picture", "Export the table as CSV"),
    b"SQLite format 3": ("a database", "Export the table as CSV"),
    b"PAR1": ("a Parquet file", "Export it as CSV"),
}
_IN_A_WORKBOOK = (b"xl/workbook", b"xl/worksheets", b"[Content_Types].xml", b"content.xml", b"xl/_rels")


def is_workbook(data: bytes) -> bool:
    """XLSX and ODS are zip archives with parts of certain names; XLS is a container of Microsoft's own."""
    if data.startswith(b"PK\x03\x04"):
        return any(part in data for part in _IN_A_WORKBOOK)
    return data.startswith(b"\xd0\xcf\x11\xe0")


def refuse_other_formats(data: bytes, name: str) -> None:
    """Say of a file that is something else what it is, and how to export it properly."""
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        raise Unreadable(f"{name} is a zip archive. Unpack it first, and import the file that is in it.")
    for magic, (kind, advice) in _OTHER.items():
        if data.startswith(magic):
            raise Unreadable(f"{name} is {kind}, not a CSV file. {advice}, and import that.")


def refuse_other_languages(text: str, name: str) -> None:
    """The same of text that is written in another language than that of delimiters."""
    start = text.lstrip("\ufeff \t\r\n")[:2000]
    lower = start.casefold()
    if lower.startswith(("<!doctype html", "<html", "<head", "<table", "<meta", "<style", "<body")):
        raise Unreadable(
            f"{name} is a web page (HTML), whatever its name says, like the “Excel” exports of Salesforce. Export the "
            "report as “Details Only” in the format CSV with the encoding UTF-8, or open it in a spreadsheet and save "
            "it as “CSV UTF-8”, and import that."
        )
    if lower.startswith("<?xml"):
        raise Unreadable(f"{name} is XML. Export it as CSV, or open it in a spreadsheet and save it as “CSV UTF-8”.")
    if start.startswith("{\\rtf"):
        raise Unreadable(f"{name} is a text of a word processor (RTF). Save the table as “CSV UTF-8” and import that.")
    if start.startswith(("{", "[")) and _is_json(text):
        raise Unreadable(f"{name} is JSON. Export it as CSV and import that, or send its records to the API.")


def _is_json(text: str) -> bool:
    """A whole document, or one with a record in each line."""
    stripped = text.strip()
    try:
        first, end = json.JSONDecoder().raw_decode(stripped)
    except ValueError:
        return False
    rest = stripped[end:].lstrip()
    return isinstance(first, dict | list) and (not rest or rest.startswith(("{", "[")))
