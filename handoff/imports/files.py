"""The files that an import leaves behind: the outcome of every row, and the refused rows to fix and import again."""

import csv
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from handoff.imports.kind import Result
from handoff.imports.table import Line
from handoff.imports.unreadable import Unreadable
from handoff.reports.cells import safe_cell

REFUSED_BECAUSE = "Refused because"  # the name of no field, so that the file comes back as it is
_OWN = ("row", "identity", "outcome", "reason")


class _OutFile:
    """A CSV file that a spreadsheet may open."""

    def __init__(self, path: Path, headers: Sequence[str]) -> None:
        self.path, self.headers = path, headers

    def __enter__(self) -> Self:
        try:
            self._file = self.path.open("w", encoding="utf-8-sig", newline="")
        except (OSError, ValueError) as error:  # a name with a NUL in it
            raise Unreadable(f"Cannot write {self.path}: {getattr(error, 'strerror', None) or error}.") from error
        self._writer = csv.writer(self._file)
        self._write(self.headers)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def _write(self, cells: Sequence[Any]) -> None:
        self._writer.writerow([safe_cell(cell) if isinstance(cell, str) else cell for cell in cells])


class Report(_OutFile):
    """What became of every row, with the row as it was."""

    def __init__(self, path: Path, headers: Sequence[str]) -> None:
        # A program that reads columns by name must not get the outcome in the file for that of its row.
        original = [f"{header} (in the file)" if header.casefold() in _OWN else header for header in headers]
        super().__init__(path, [*_OWN, *original])

    def add(self, line: Line, result: Result) -> None:
        self._write([line.number, result.row.identity, result.outcome, result.reason, *line.values])


class RefusedRows(_OutFile):
    """The refused rows alone, under their own headers: fixed, the file can be imported as it is."""

    def __init__(self, path: Path, headers: Sequence[str]) -> None:
        self._kept = [at for at, header in enumerate(headers) if header != REFUSED_BECAUSE]
        self._width = len(headers)
        super().__init__(path, [REFUSED_BECAUSE, *(headers[at] for at in self._kept)])

    def add(self, line: Line, result: Result) -> None:
        if result.outcome == "refused":
            original = [line.values[at] if at < len(line.values) else "" for at in self._kept]
            self._write([result.reason, *original, *line.values[self._width :]])
