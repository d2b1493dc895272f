"""What the chart of a report draws, on its page and in a picture: labels, and numbers for each of its columns."""

from collections.abc import Mapping, Sequence
from typing import Any

from handoff.reports.kinds import Kind
from handoff.reports.report import Column, Report, Row

HOUR = 3600
_UNITS: Mapping[Kind, tuple[str, float]] = {
    Kind.SHARE: ("%", 100),
    Kind.BUSINESS_TIME: ("h", 1 / HOUR),
    Kind.WALL_TIME: ("h", 1 / HOUR),
}


def chart_of(report: Report, rows: Sequence[Row], labels: Sequence[str]) -> dict[str, Any] | None:
    """Nothing without rows: the page says why there are none."""
    if report.chart is None or not rows:
        return None
    drawn = list(zip(rows, labels, strict=True))[: report.chart.most]
    columns = _drawn(report, rows)
    return {
        "shape": report.chart.shape.value,
        "labels": [label for _, label in drawn],
        "series": [_series(column, [row for row, _ in drawn]) for column in columns],
        "unit": _UNITS.get(columns[0].kind, ("", 1))[0],
        "name": report.name,
    }


def caption(report: Report, rows: Sequence[Row]) -> str:
    """What the picture shows, for those who cannot see it: the numbers are in the table below."""
    if report.chart is None:
        return ""
    words = ", ".join(_label(column) for column in _drawn(report, rows))
    shown = f"the first {report.chart.most} of {len(rows)} rows" if len(rows) > report.chart.most else "all rows"
    return f"{report.title}: {words}, of {shown}. The table below has the same numbers."


def _drawn(report: Report, rows: Sequence[Row]) -> list[Column]:
    """Those of which there is anything to draw: goals stand beside months alone. At least the first one."""
    names = report.chart.columns if report.chart else []
    columns = [column for name in names for column in report.columns if column.name == name]
    return [each for each in columns if any(getattr(row, each.name) is not None for row in rows)] or columns[:1]


def _label(column: Column) -> str:
    """Like `Rate (winning)`, where several columns are called Rate."""
    return f"{column.label} ({column.group.lower()})" if column.group else column.label


def _series(column: Column, rows: Sequence[Row]) -> dict[str, Any]:
    factor = _UNITS.get(column.kind, ("", 1))[1]
    values = [getattr(row, column.name) for row in rows]
    return {
        "label": _label(column),
        "values": [None if value is None else round(value * factor, 4) for value in values],
    }
