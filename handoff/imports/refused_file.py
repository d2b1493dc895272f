"""The refused rows of an import as a file: under their own headers, with the reasons, to be fixed and brought again."""

import csv
from collections.abc import Iterable, Iterator, Sequence

from handoff.imports.files import REFUSED_BECAUSE
from handoff.models import Import, RowOutcome
from handoff.reports.cells import safe_cell


class _Echo:
    """Gives csv.writer's line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def refused_rows(record: Import) -> Iterator[str]:
    """The lines of the file, which a spreadsheet may open."""
    headers = record.layout.get("headers", [])
    kept = [at for at, header in enumerate(headers) if header != REFUSED_BECAUSE]
    writer = csv.writer(_Echo())
    yield "\ufeff" + str(writer.writerow(_safe([REFUSED_BECAUSE, *(headers[at] for at in kept)])))
    refused = record.rows.filter(outcome=RowOutcome.REFUSED).order_by("number", "pk")
    for reason, cells in refused.values_list("reason", "cells").iterator(chunk_size=1000):
        original = [cells[at] if at < len(cells) else "" for at in kept]
        yield str(writer.writerow(_safe([reason, *original, *cells[len(headers) :]])))


def file_name(record: Import) -> str:
    """Of ASCII letters, as it goes into a header."""
    stem = "".join(c for c in record.file_name.rpartition(".")[0] or record.file_name if c.isascii() and c.isalnum())
    return f"refused-{stem[:60] or 'rows'}-{record.pk}.csv"


def _safe(cells: Iterable[str]) -> Sequence[str]:
    return [safe_cell(cell) for cell in cells]
