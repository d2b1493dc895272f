"""A file as rows of text, whatever wrote it: its encoding and its delimiter are found out."""

import codecs
import csv
import io
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

DELIMITERS = ",;\t|"
SAMPLE, SAMPLE_ROWS = 200_000, 51  # characters and rows by which the delimiter is found
_EXCEL = {b"PK\x03\x04": "an XLSX workbook", b"\xd0\xcf\x11\xe0": "an old Excel workbook (XLS)"}
_OTHER = {b"%PDF": "a PDF", b"\x1f\x8b": "a gzip archive"}
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
# The reader's own limit of 128 KB would end the whole import for one mail thread in a column that nobody asked for.
csv.field_size_limit(sys.maxsize)


class Unreadable(Exception):
    """The file as a whole cannot be brought in; the message says why, and what to do."""


@dataclass(frozen=True)
class Line:
    """One row of the file. Numbers are those that a spreadsheet shows: the headers are in row 1."""

    number: int
    values: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    headers: tuple[str, ...]
    lines: tuple[Line, ...]
    encoding: str
    delimiter: str


def read(path: Path) -> Table:
    """Read a file of delimited text, or say why it is none."""
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise Unreadable(f"Cannot read {path}: {getattr(error, 'strerror', None) or error}.") from error
    return parse(data, path.name)


def parse(data: bytes, name: str = "The file") -> Table:
    _refuse_other_formats(data, name)
    text, encoding = _decode(data, name)
    if not text.strip():
        raise Unreadable(f"{name} is empty: the first row must contain the headers.")
    text, stated = _take_delimiter_line(text)
    delimiter = stated or _sniff(text)
    rows = _split(text, delimiter, name)
    first = next((at for at, row in enumerate(rows) if _has_text(row)), None)
    if first is None:
        raise Unreadable(f"{name} has only delimiters and blanks: the first row must contain the headers.")
    headers = tuple(cell.strip() for cell in rows[first])
    offset = 2 if stated else 1
    lines = tuple(
        Line(number, tuple(row))
        for number, row in enumerate(rows[first + 1 :], start=first + 1 + offset)
        if _has_text(row)
    )
    return Table(headers, lines, encoding, delimiter)


def _has_text(row: Iterable[str]) -> bool:
    return any(cell.strip() for cell in row)


def _refuse_other_formats(data: bytes, name: str) -> None:
    for magic, kind in _EXCEL.items():
        if data.startswith(magic):
            raise Unreadable(f"{name} is {kind}, whatever its name says: save it as “CSV UTF-8” and import that.")
    for magic, kind in _OTHER.items():
        if data.startswith(magic):
            raise Unreadable(f"{name} is {kind}, not a CSV file: export it as CSV and import that.")


def _decode(data: bytes, name: str) -> tuple[str, str]:
    """By the byte order mark, else UTF-16 without one, else UTF-8, else what Windows writes in Western Europe."""
    marked = next((encoding for bom, encoding in _BOMS.items() if data.startswith(bom)), None)
    for encoding in [marked] if marked else [*_unmarked_utf_16(data), "utf-8", "cp1252"]:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _is_binary(text):
            if encoding == "cp1252":
                _refuse_mixed(data, name)
            return text.rstrip("\x1a"), encoding  # how DOS ended a file
    where = f" (NUL byte in line {_line_of(data, data.index(0))})" if 0 in data else ""
    raise Unreadable(
        f"{name} is not text in UTF-8, UTF-16 or Windows-1252{where}: save it as “CSV UTF-8” and import that."
    )


def _refuse_mixed(data: bytes, name: str) -> None:
    """Read as one encoding, a file of two would garble the names in half of its lines without a word."""
    is_utf_8 = {number: _is_utf_8(line) for number, line in enumerate(data.splitlines(), 1) if not line.isascii()}
    if len(set(is_utf_8.values())) > 1:
        good, bad = (next(number for number, it_is in is_utf_8.items() if it_is is wanted) for wanted in (True, False))
        raise Unreadable(
            f"{name} mixes encodings: line {good} is UTF-8 and line {bad} is not. "
            "Save it as “CSV UTF-8” and check these lines."
        )


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _line_of(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1


def _is_binary(text: str) -> bool:
    """Text has no NUL, and of the other control characters at most a stray one."""
    return "\0" in text or len(_CONTROL.findall(text)) > max(2, len(text) / 1000)


def _unmarked_utf_16(data: bytes) -> list[str]:
    """Text of Latin letters in UTF-16 has a zero in every other byte."""
    sample = data[:2000]
    if not sample or len(data) % 2 or sample.count(0) < len(sample) * 0.3:
        return []
    return ["utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"]


def _take_delimiter_line(text: str) -> tuple[str, str]:
    """Excel's hint to itself, “sep=;”, in a line before the headers."""
    hint = re.match(r'\s*"?sep=([^\w\s"]|\t)"?(?:\r?\n|\r|\Z)', text, re.IGNORECASE)
    return (text[hint.end() :], hint[1]) if hint else (text, "")


def _sniff(text: str) -> str:
    """The delimiter that cuts the first rows most evenly, and of those the one that cuts most."""
    blank = re.match(r"(?: *[\r\n])*", text)
    start = blank.end() if blank else 0
    sample = text[start : start + SAMPLE]
    return max(DELIMITERS, key=lambda delimiter: _evenness(sample, delimiter))


def _evenness(sample: str, delimiter: str) -> tuple[bool, float, int]:
    rows = list(islice(filter(None, _reader(sample, delimiter, strict=False)), SAMPLE_ROWS))
    width = len(rows[0]) if rows else 0
    return width > 1, sum(len(row) == width for row in rows) / max(len(rows), 1), width


def _split(text: str, delimiter: str, name: str) -> list[list[str]]:
    try:
        return list(_reader(text, delimiter, strict=True))
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            raise Unreadable(f"{name} has a quotation mark that is opened and never closed: correct it.") from error
    try:  # quotation marks inside a value, written without doubling them: what they mean is plain enough
        return list(_reader(text, delimiter, strict=False))
    except csv.Error as error:
        raise Unreadable(f"{name} cannot be cut into rows: {error}.") from error


def _reader(text: str, delimiter: str, *, strict: bool) -> Iterable[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)
