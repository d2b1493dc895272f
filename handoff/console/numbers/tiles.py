"""Four figures of outcomes, the same for everyone: each with what it was before, its weeks, and its leads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from handoff.models import Firm
from handoff.reports.conversion import MoneyForm
from handoff.reports.keeping import snapshot
from handoff.reports.kinds import Kind, for_people
from handoff.reports.registry import REPORTS
from handoff.reports.report import Row
from sla.metrics import Metric

DAYS, WEEKS = 28, 8
WIDTH, HEIGHT = 120, 28


@dataclass(frozen=True)
class Tile:
    """One figure. All of it is read from a report: nothing is counted here."""

    title: str
    report: str
    column: str
    opens: str
    """The column whose leads lie behind it."""
    asked: Mapping[str, str]


@dataclass(frozen=True)
class Shown:
    title: str
    figure: Sequence[str]
    """A part for each currency."""
    before: str
    definition: str
    leads_url: str
    report_url: str
    trend: str
    """In words."""
    points: str
    """Of the line that draws it."""


TILES = (
    Tile("Accepted by sales", "speed", "accepted", "accepted", {}),
    Tile("Valid leads", "speed", "valid_rate", "decided", {}),
    Tile("Speed to lead kept", "attainment", "attainment", "met", {"metric": Metric.SPEED_TO_LEAD.value}),
    Tile("Won", "won", "won_amount", "deals", {}),
)


def tiles(now: datetime, convert: str = "") -> list[Shown]:
    """With amounts in a currency, by the name that a report is asked for it, or each currency apart."""
    today = now.astimezone(Firm.of_now().zone).date()
    days = [(today - timedelta(days=back)).isoformat() for back in (DAYS - 1, 2 * DAYS - 1)]
    asked = Answers(now)
    with snapshot():
        return [_shown(_in_currency(tile, convert), asked, *days) for tile in TILES]


def _in_currency(tile: Tile, convert: str) -> Tile:
    if not convert or not issubclass(REPORTS[tile.report].form, MoneyForm):
        return tile
    return replace(tile, asked={**tile.asked, "convert": convert})


class Answers:
    """What the reports said, each asked once for a period."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._rows: dict[tuple[tuple[str, str], ...], Sequence[Row]] = {}

    def rows(self, tile: Tile, by: str, **period: str) -> Sequence[Row]:
        report = REPORTS[tile.report]
        asked = {**report.asked_first, **tile.asked, "by": by, **period}
        key = (("report", report.name), *sorted(asked.items()))
        if key not in self._rows:
            form = report.form(asked)
            form.full_clean()
            self._rows[key] = report.rows(form.cleaned_data, self._now)
        return self._rows[key]


def _shown(tile: Tile, asked: Answers, since: str, before: str) -> Shown:
    report = REPORTS[tile.report]
    column = next(each for each in report.columns if each.name == tile.column)
    now, then = (asked.rows(tile, "all", **period) for period in ({"from": since}, {"from": before, "to": since}))
    weeks = asked.rows(tile, "week", **{"from": before})[-WEEKS:]
    named = {**tile.asked, "by": "all", "from": since}
    behind = {**report.asked_first, **named, "key": "all", "column": tile.opens}
    words = [for_people(column.kind, getattr(row, tile.column)) for row in weeks]
    return Shown(
        tile.title,
        _parts(column.kind, _words(column.kind, now, tile.column)),
        _words(column.kind, then, tile.column),
        column.definition,
        f"{reverse(f'admin:{report.name}_leads')}?{urlencode(behind)}" if now else "",
        f"{reverse(f'admin:{report.name}')}?{urlencode({**named, 'by': 'week', 'from': before})}",
        ", ".join(f"{row.label}: {text}" for row, text in zip(weeks, words, strict=True)),
        _points([_height(row, tile) for row in weeks]),
    )


def _words(kind: Any, rows: Sequence[Row], column: str) -> str:
    value = getattr(rows[0], column) if rows else None
    return for_people(kind, value or None) if isinstance(value, Mapping) else for_people(kind, value)


def _height(row: Row, tile: Tile) -> float:
    """Amounts of several currencies have no height: of them the number of things behind it is drawn."""
    value = getattr(row, tile.column)
    return float(getattr(row, tile.opens) if isinstance(value, Mapping) else value or 0)


def _points(values: Sequence[float]) -> str:
    """Of a line from left to right; nothing for fewer than two."""
    if len(values) < 2:
        return ""
    top = max(values) or 1
    step = WIDTH / (len(values) - 1)
    return " ".join(f"{n * step:.1f},{HEIGHT - 2 - (HEIGHT - 4) * value / top:.1f}" for n, value in enumerate(values))


def _parts(kind: Any, words: str) -> list[str]:
    """Currencies stand below each other."""
    return words.split(", ") if kind == Kind.AMOUNTS else [words]
