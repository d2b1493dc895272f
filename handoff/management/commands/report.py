"""Print the numbers that everyone reads the same way."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from handoff.management.moments import moment
from handoff.reports import attainment, funnel
from handoff.reports.words import length, percent
from sla.metrics import Metric

STAGES = ("leads", "mql", "sal", "sql", "opportunity", "won")


@dataclass(frozen=True)
class Printout:
    """One report: for machines as JSON or as columns, and for people as a table."""

    rows: Sequence[dict[str, Any]]
    columns: Sequence[str]
    cells: Sequence[Sequence[str]]
    titles: Sequence[str]
    shown: Sequence[Sequence[str]]


class Command(BaseCommand):
    help = "Print a report: the funnel, or the attainment of the agreement."

    def add_arguments(self, parser: CommandParser) -> None:
        reports = parser.add_subparsers(dest="report", required=True)
        of_funnel = reports.add_parser("funnel", help="how many leads reached which stage, and what was won with them")
        _add_common(of_funnel, funnel.By, funnel.By.SOURCE, "leads captured")
        of_attainment = reports.add_parser("attainment", help="how often a promise was kept, and how long it took")
        of_attainment.add_argument("--metric", choices=Metric.values, required=True)
        _add_common(of_attainment, attainment.By, attainment.By.TEAM, "clocks that ended, or run and are due,")

    def handle(self, *, report: str, by: str, start: datetime | None, end: datetime | None, **options: Any) -> None:
        if start and end and end <= start:
            raise CommandError("The period ends before it starts: give --from before --to.", returncode=2)
        if report == "funnel":
            printout = _funnel(funnel.By(by), start, end)
        else:
            printout = _attainment(Metric(options["metric"]), attainment.By(by), start, end)
        if options["json"]:
            self.stdout.write(json.dumps(printout.rows))
        elif self.stdout.isatty():
            Console().print(_table(printout))
        else:
            for line in (printout.columns, *printout.cells):
                self.stdout.write("\t".join(line))


def _add_common(parser: CommandParser, by: Any, default: str, what: str) -> None:
    parser.add_argument("--by", choices=[one.value for one in by], default=str(default))
    parser.add_argument("--from", dest="start", type=moment, help=f"{what} from then, like 2026-03-01")
    parser.add_argument("--to", dest="end", type=moment, help="and before then, like 2026-04-01")
    parser.add_argument("--json", action="store_true", help="print a JSON array with an object for each row")


def _funnel(by: funnel.By, start: datetime | None, end: datetime | None) -> Printout:
    rows = funnel.funnel(by, start, end)
    cells = [_funnel_cells(row) for row in rows]
    as_dicts = [
        {by.value: row.key, **{stage: getattr(row, stage) for stage in STAGES}, "won_amount": dict(row.won_amount)}
        for row in rows
    ]
    titles = (by.title(), "Leads", "MQL", "SAL", "SQL", "Opportunity", "Won", "Won amount")
    return Printout(as_dicts, (by, *STAGES, "won amount"), cells, titles, cells)


def _funnel_cells(row: funnel.FunnelRow) -> list[str]:
    amounts = ", ".join(f"{amount} {currency}".strip() for currency, amount in row.won_amount.items())
    return [row.key or "(none)", *(str(getattr(row, stage)) for stage in STAGES), amounts]


def _attainment(metric: Metric, by: attainment.By, start: datetime | None, end: datetime | None) -> Printout:
    rows = attainment.attainment(metric, by, start, end)
    as_dicts = [attainment.as_dict(by, row) for row in rows]
    cells = [["" if value is None else str(value) for value in row.values()] for row in as_dicts]
    counted = ("Kept", "Before excuses", "Met", "Breached", "Excused", "Cancelled", "Running", "Overdue")
    timed = ("Median", "p90", "Median, wall time", "p90, wall time")
    shown = [
        [
            row.label,
            *map(percent, (row.attainment, row.attainment_before_excuses)),
            *(f"{n:,}" for n in (row.met, row.breached, row.excused, row.cancelled, row.running, row.overdue)),
            *map(length, (row.median_business, row.p90_business, row.median_wall, row.p90_wall)),
        ]
        for row in rows
    ]
    return Printout(as_dicts, (by.value, "label", *attainment.FIGURES), cells, (by.title(), *counted, *timed), shown)


def _table(printout: Printout) -> Table:
    table = Table(printout.titles[0])
    for title in printout.titles[1:]:
        table.add_column(title, justify="right")
    for line in printout.shown:
        table.add_row(*line)
    return table
