"""CSV of a list, safe to open in a spreadsheet."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import Model, QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone

Column = Callable[[Any], Any]
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(rows: QuerySet[Any], columns: Mapping[str, Column], name: str) -> StreamingHttpResponse:
    """Stream all rows under a header. Moments are UTC, as RFC 3339."""
    lines = _lines(rows.iterator(chunk_size=1000), columns)
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
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


class _Echo:
    """Gives csv.writer's line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def _lines(rows: Iterable[Model], columns: Mapping[str, Column]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield str(writer.writerow(columns))
    for row in rows:
        yield str(writer.writerow([defused(read(row)) for read in columns.values()]))
