"""A file as rows of text, whatever wrote it: its encoding, delimiter, sheet and headers are recognised."""

import csv
import io
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from handoff.imports import workbook
from handoff.imports.encodings import decode
from handoff.imports.formats import is_workbook, refuse_other_formats, refuse_other_languages
from handoff.imports.unreadable import Unreadable

__all__ = ["Line", "Table", "Unreadable", "parse", "read"]

DELIMITERS = ",;\t|"
SAMPLE, SAMPLE_ROWS = 200_000, 51  # characters and rows by which the delimiter is recognised
TITLES = 20  # rows above the headers, at most
# The reader's own limit of 128 KB would end the whole import for one mail thread in a column that nobody asked for.
csv.field_size_limit(sys.maxsize)

Recognised = Callable[[Sequence[str]], int]
"""How many fields the cells of a row name, if it is the row of headers."""


@dataclass(frozen=True)
class Line:
    """One row of the file. Numbers are those that a spreadsheet shows: the headers are in row 1."""

    number: int
    values: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    headers: tuple[str, ...]
    lines: tuple[Line, ...]
    encoding: str = ""
    """Empty for a workbook."""
    delimiter: str = ""
    sheet: str = ""
    skipped: tuple[Line, ...] = ()
    """Rows above the headers that have text in them."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """What the user says of how a file is written."""

    encoding: str = ""
    sheet: str = ""


AS_IT_IS = Source()


def _nothing(_: Sequence[str]) -> int:
    return 0


def read(path: Path, source: Source = AS_IT_IS, recognised: Recognised = _nothing) -> Table:
    """Read a file of delimited text or a workbook, or say why it is neither."""
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise Unreadable(f"Cannot read {path}: {getattr(error, 'strerror', None) or error}.") from error
    return parse(data, path.name, source, recognised)


def parse(
    data: bytes,
    name: str = "The file",
    source: Source = AS_IT_IS,
    recognised: Recognised = _nothing,
) -> Table:
    if is_workbook(data):
        return _of_workbook(data, name, source, recognised)
    refuse_other_formats(data, name)
    if source.sheet:
        raise Unreadable(f"--sheet {source.sheet}: {name} is not a workbook and has no sheets.")
    text, encoding = decode(data, name, source.encoding)
    if not text.strip():
        raise Unreadable(f"{name} is empty: the first row must contain the headers.")
    refuse_other_languages(text, name)
    text, stated = _take_delimiter_line(text)
    delimiter = stated or _sniff(text, recognised)
    rows = _split(text, delimiter, name)
    headers, lines, skipped = _below_headers(rows, 2 if stated else 1, name, recognised)
    return Table(headers, lines, encoding, delimiter, skipped=skipped)


def _of_workbook(data: bytes, name: str, source: Source, recognised: Recognised) -> Table:
    if source.encoding:
        raise Unreadable(f"--encoding {source.encoding}: {name} is a workbook, which has no encoding to choose.")
    rows, sheet = workbook.read_sheet(data, name, source.sheet)
    headers, lines, skipped = _below_headers(rows, 1, name, recognised)
    return Table(headers, lines, sheet=sheet, skipped=skipped)


def _below_headers(
    rows: list[list[str]], first_number: int, name: str, recognised: Recognised
) -> tuple[tuple[str, ...], tuple[Line, ...], tuple[Line, ...]]:
    """The headers, the rows below, and the titles above."""
    filled = (Line(number, tuple(row)) for number, row in enumerate(rows, first_number) if _has_text(row))
    top = list(islice(filled, TITLES))
    if not top:
        raise Unreadable(f"{name} has only delimiters and blanks: the first row must contain the headers.")
    at = _header_row([line.values for line in top], recognised)
    headers = tuple(cell.strip() for cell in top[at].values)
    return headers, (*top[at + 1 :], *filled), tuple(top[:at])


def _header_row(rows: Sequence[Sequence[str]], recognised: Recognised) -> int:
    """The first row, unless it names no field, or far fewer than a later one does, as a title above a table does."""
    counts = [recognised(row) for row in rows]
    best = max(range(len(rows)), key=lambda at: counts[at])
    alone = len(list(filter(_has_text_in, rows[0]))) == 1
    enough = 1 if alone and len(list(filter(_has_text_in, rows[best]))) == counts[best] else 2
    return best if counts[best] >= max(enough, 2 * counts[0] + 1) else 0


def _has_text(row: Iterable[str]) -> bool:
    return any(map(_has_text_in, row))


def _has_text_in(cell: str) -> bool:
    return bool(cell.strip())


def _take_delimiter_line(text: str) -> tuple[str, str]:
    """Excel's hint to itself, “sep=;”, in a line before the headers."""
    hint = re.match(r'\s*"?sep=([^\w\s"]|\t)"?(?:\r?\n|\r|\Z)', text, re.IGNORECASE)
    return (text[hint.end() :], hint[1]) if hint else (text, "")


def _sniff(text: str, recognised: Recognised) -> str:
    """The delimiter that cuts headers out; else the one that cuts the first rows most evenly, and of those most."""
    blank = re.match(r"(?: *[\r\n])*", text)
    start = blank.end() if blank else 0
    sample = text[start : start + SAMPLE]
    return max(DELIMITERS, key=lambda delimiter: _evenness(sample, delimiter, recognised))


def _evenness(sample: str, delimiter: str, recognised: Recognised) -> tuple[int, bool, float, int]:
    rows = list(islice(filter(None, _reader(sample, delimiter, strict=False)), SAMPLE_ROWS))
    counts = [recognised(row) for row in rows[:TITLES]]
    named = max(counts, default=0)
    headers = rows[counts.index(named)] if named > 1 else (rows or [[]])[0]
    width = len(headers)
    even = sum(len(row) == width for row in rows) / max(len(rows), 1)
    return named if named > 1 else 0, width > 1, even, width


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
