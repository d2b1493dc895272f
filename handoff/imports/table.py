"""A file as rows of text, whatever wrote it: its encoding, delimiter, sheet and headers are recognised."""

import csv
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import overload

from python_calamine import CalamineSheet

from handoff.imports import workbook
from handoff.imports.encodings import decode
from handoff.imports.formats import is_workbook, refuse_other_formats, refuse_other_languages
from handoff.imports.unreadable import Unreadable

__all__ = ["Layout", "Line", "Lines", "Table", "Unreadable", "parse", "read_again", "read_bytes"]

DELIMITERS = ",;\t|"
SAMPLE, SAMPLE_ROWS = 200_000, 51  # characters and rows by which the delimiter is recognised
TITLES = 20  # rows above the headers, at most
# The reader's own limit of 128 KB would end the whole import for one mail thread in a column that nobody asked for.
csv.field_size_limit(sys.maxsize)

_TEXT_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")

Recognised = Callable[[Sequence[str]], int]
"""How many fields the cells of a row name, if it is the row of headers."""


@dataclass(frozen=True)
class Line:
    """One row of the file. Numbers are those that a spreadsheet shows: the headers are in row 1."""

    number: int
    values: tuple[str, ...]


class Lines(Sequence[Line]):
    """The rows below the headers. They are read again each time: a file may have more of them than memory holds."""

    def __init__(self, read_rows: Callable[[], Iterator[Line]], count: int) -> None:
        self._read_rows, self._count = read_rows, count

    def __iter__(self) -> Iterator[Line]:
        return self._read_rows()

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> Line: ...
    @overload
    def __getitem__(self, at: slice) -> list[Line]: ...
    def __getitem__(self, at: int | slice) -> Line | list[Line]:
        """Some of the first ones."""
        if isinstance(at, slice):
            return list(islice(self, at.start, at.stop, at.step))
        return next(islice(self, at, None))


@dataclass(frozen=True)
class Layout:
    """Where the rows are in the bytes of a file: all that has to be kept to read them again."""

    encoding: str = ""
    """Empty for a workbook."""
    delimiter: str = ""
    sheet: str = ""
    header: int = 1
    """The number of the row of headers."""
    is_strict: bool = True
    """Quotation marks are doubled within values, as they should be."""


@dataclass(frozen=True)
class Table:
    headers: tuple[str, ...]
    lines: Sequence[Line]
    layout: Layout = Layout()
    skipped: tuple[Line, ...] = ()
    """Rows above the headers that have text in them."""

    @property
    def encoding(self) -> str:
        return self.layout.encoding

    @property
    def delimiter(self) -> str:
        return self.layout.delimiter

    @property
    def sheet(self) -> str:
        return self.layout.sheet


@dataclass(frozen=True, kw_only=True)
class Source:
    """What the user says of how a file is written."""

    encoding: str = ""
    sheet: str = ""


AS_IT_IS = Source()


def _nothing(_: Sequence[str]) -> int:
    return 0


def read_bytes(path: Path) -> bytes:
    """The file, or why it cannot be read."""
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise Unreadable(f"Cannot read {path}: {getattr(error, 'strerror', None) or error}.") from error


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
    _, stated = _delimiter_line(text)
    delimiter = stated or _sniff(text, recognised)
    count, is_strict = _check(text, delimiter, name)
    layout = Layout(encoding, delimiter, is_strict=is_strict)
    return _below_headers(lambda: _text_lines(text, layout), layout, count, name, recognised)


def read_again(data: bytes, layout: Layout) -> Iterator[Line]:
    """The rows below the headers of a file that was read before."""
    if layout.encoding:
        text, _ = decode(data, "The file", layout.encoding)
        rows = _text_lines(text, layout)
    else:
        rows = _sheet_lines(workbook.sheet_of(data, layout.sheet))
    return (line for line in rows if line.number > layout.header)


def _of_workbook(data: bytes, name: str, source: Source, recognised: Recognised) -> Table:
    if source.encoding:
        raise Unreadable(f"--encoding {source.encoding}: {name} is a workbook, which has no encoding to choose.")
    title = workbook.choose_sheet(data, name, source.sheet)
    sheet = workbook.sheet_of(data, title)
    count = sum(1 for _ in _sheet_lines(sheet))
    return _below_headers(lambda: _sheet_lines(sheet), Layout(sheet=title), count, name, recognised)


def _sheet_lines(sheet: CalamineSheet) -> Iterator[Line]:
    rows = enumerate(workbook.rows_of(sheet), 1)
    return (Line(number, tuple(row)) for number, row in rows if _has_text(row))


def _text_lines(text: str, layout: Layout) -> Iterator[Line]:
    """The rows of a text that are not empty, with their numbers: those of a delimiter line count from the second."""
    start, stated = _delimiter_line(text)
    rows = _reader(text, layout.delimiter, strict=layout.is_strict, start=start)
    return (Line(number, tuple(row)) for number, row in enumerate(rows, 2 if stated else 1) if _has_text(row))


def _below_headers(
    rows: Callable[[], Iterator[Line]], layout: Layout, count: int, name: str, recognised: Recognised
) -> Table:
    """The headers, the rows below, and the titles above."""
    top = list(islice(rows(), TITLES))
    if not top:
        raise Unreadable(f"{name} has only delimiters and blanks: the first row must contain the headers.")
    at = _header_row([line.values for line in top], recognised)
    header = top[at].number
    below = Lines(lambda: (line for line in rows() if line.number > header), count - at - 1)
    headers = tuple(cell.strip() for cell in top[at].values)
    return Table(headers, below, replace(layout, header=header), tuple(top[:at]))


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


def _delimiter_line(text: str) -> tuple[int, str]:
    """Excel's hint to itself, “sep=;”, in a line before the headers: where it ends, and what it states."""
    hint = re.match(r'\s*"?sep=([^\w\s"]|\t)"?(?:\r?\n|\r|\Z)', text, re.IGNORECASE)
    return (hint.end(), hint[1]) if hint else (0, "")


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


def _check(text: str, delimiter: str, name: str) -> tuple[int, bool]:
    """How many rows are not empty, and whether their quotation marks are as they should be."""
    try:
        return _count(text, delimiter, strict=True), True
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            raise Unreadable(f"{name} has a quotation mark that is opened and never closed: correct it.") from error
    try:  # quotation marks inside a value, written without doubling them: what they mean is plain enough
        return _count(text, delimiter, strict=False), False
    except csv.Error as error:
        raise Unreadable(f"{name} cannot be cut into rows: {error}.") from error


def _count(text: str, delimiter: str, *, strict: bool) -> int:
    return sum(map(_has_text, _reader(text, delimiter, strict=strict, start=_delimiter_line(text)[0])))


def _reader(text: str, delimiter: str, *, strict: bool, start: int = 0) -> Iterable[list[str]]:
    # Line by line: a copy of the whole text, as io.StringIO makes one, takes four bytes a character.
    lines = (match[0] for match in _TEXT_LINE.finditer(text, start))
    return csv.reader(lines, delimiter=delimiter, strict=strict)
