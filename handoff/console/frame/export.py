"""CSV of a list, safe to open in a spreadsheet."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone

from handoff.reports.cells import safe_cell

Column = Callable[[Any], Any]


def as_csv(rows: QuerySet[Any], columns: Mapping[str, Column], name: str) -> StreamingHttpResponse:
    """Stream all rows of a list."""
    return stream(rows.iterator(chunk_size=1000), columns, name)


def stream(rows: Iterable[Any], columns: Mapping[str, Column], name: str) -> StreamingHttpResponse:
    """Stream rows under a header. Moments are UTC, as RFC 3339."""
    lines = _lines(rows, columns)
    filename = f"{name}-{timezone.localdate().isoformat()}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


def defused(value: Any) -> str:
    """The value as text that no spreadsheet takes for a formula."""
    match value:
        case None:
            return ""
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case int():
            return str(value)
    return safe_cell(str(value))


class _Echo:
    """Gives csv.writer's line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def _lines(rows: Iterable[Any], columns: Mapping[str, Column]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield str(writer.writerow(columns))
    for row in rows:
        yield str(writer.writerow([defused(read(row)) for read in columns.values()]))
