"""A report by the hour of the week as a map: a column for each day, a row for each hour."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from handoff.models import Firm
from handoff.reports.kinds import for_people
from handoff.reports.ranks import at_share
from handoff.reports.report import Report, Row

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SHARES = (0.25, 0.5, 0.75)
"""A cell is as dark as the quarter of the cells in which its value lies."""


@dataclass(frozen=True)
class Cell:
    """One hour of one day; empty where nothing is counted."""

    value: str = ""
    count: str = ""
    link: str = ""
    tone: int = 0


@dataclass(frozen=True)
class Heat:
    value: str
    count: str
    days: Sequence[str]
    hours: Sequence[tuple[str, Sequence[Cell]]]


def heat_of(report: Report, rows: Sequence[Row], by: str, firm: Firm, link: Callable[[Any, Row], str]) -> Heat | None:
    """Nothing where the rows are no hours of the week."""
    if report.chart is None or report.chart.heat is None or by != report.chart.heat.rows or not rows:
        return None
    value, count = (
        next(column for column in report.columns if column.name == name)
        for name in (report.chart.heat.value, report.chart.heat.count)
    )
    bounds = _bounds([getattr(row, value.name) for row in rows])
    cells = {
        row.key: Cell(
            for_people(value.kind, getattr(row, value.name)),
            for_people(count.kind, getattr(row, count.name)),
            link(count, row),
            _tone(getattr(row, value.name), bounds),
        )
        for row in rows
    }
    days = [(firm.week_starts - 1 + n) % 7 for n in range(7)]
    hours = [(f"{hour:02}:00", [cells.get(f"{day + 1}-{hour:02}", Cell()) for day in days]) for hour in range(24)]
    return Heat(value.definition, count.definition, [DAYS[day] for day in days], hours)


def _bounds(values: Sequence[float | None]) -> list[float]:
    measured = [value for value in values if value is not None]
    return [at_share(share, measured) for share in SHARES]


def _tone(value: float | None, bounds: Sequence[float]) -> int:
    return 0 if value is None else 1 + sum(value > bound for bound in bounds)
