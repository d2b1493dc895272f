"""Print the numbers that everyone reads the same way."""

import json
from argparse import ArgumentTypeError
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from handoff.reports.funnel import By, FunnelRow, funnel

STAGES = ("leads", "mql", "sal", "sql", "opportunity", "won")


class Command(BaseCommand):
    help = "Print the funnel: how many leads reached which stage, and what was won with them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("report", choices=["funnel"])
        parser.add_argument("--by", choices=[by.value for by in By], default=By.SOURCE.value)
        parser.add_argument("--from", dest="start", type=_moment, help="leads captured from then, like 2026-03-01")
        parser.add_argument("--to", dest="end", type=_moment, help="and before then, like 2026-04-01")
        parser.add_argument("--json", action="store_true", help="print a JSON array with an object for each row")

    def handle(self, *, by: str, start: datetime | None, end: datetime | None, **options: Any) -> None:
        if start and end and end <= start:
            raise CommandError("The period ends before it starts: give --from before --to.", returncode=2)
        rows = funnel(By(by), start, end)
        if options["json"]:
            self.stdout.write(json.dumps([_as_dict(by, row) for row in rows]))
        elif self.stdout.isatty():
            Console().print(_table(by, rows))
        else:
            self.stdout.write("\t".join((by, *STAGES, "won amount")))
            for row in rows:
                self.stdout.write("\t".join(_cells(row)))


def _as_dict(by: str, row: FunnelRow) -> dict[str, Any]:
    return {by: row.key, **{stage: getattr(row, stage) for stage in STAGES}, "won_amount": dict(row.won_amount)}


def _table(by: str, rows: list[FunnelRow]) -> Table:
    table = Table(by.title())
    for title in ("Leads", "MQL", "SAL", "SQL", "Opportunity", "Won", "Won amount"):
        table.add_column(title, justify="right")
    for row in rows:
        table.add_row(*_cells(row))
    return table


def _cells(row: FunnelRow) -> list[str]:
    amounts = ", ".join(f"{amount} {currency}".strip() for currency, amount in row.won_amount.items())
    return [row.key or "(none)", *(str(getattr(row, stage)) for stage in STAGES), amounts]


def _moment(text: str) -> datetime:
    """A date, which is its first moment in UTC, or a moment."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"“{text}” is no date: write one like 2026-03-01.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
