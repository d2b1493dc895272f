"""manage.py report NAME: print a report that everyone reads the same way."""

import csv
from collections.abc import Sequence
from json import dumps
from typing import Any

from django import forms
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone
from rich.console import Console
from rich.table import Table
from rich.text import Text

from handoff.management.terminal import printable
from handoff.reports.kinds import Kind
from handoff.reports.period import PeriodForm
from handoff.reports.registry import REPORTS
from handoff.reports.report import Report, Row, choices


class Command(BaseCommand):
    help = "Print a report: a table in a terminal, tab-separated columns elsewhere, or JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        reports = parser.add_subparsers(dest="report", required=True)
        for report in REPORTS.values():
            of_report = reports.add_parser(report.name, help=report.summary)
            for name, field in _form(report).fields.items():
                _add_option(of_report, name, field, report.asked_first["by"] if name == "by" else None)
            of_report.add_argument("--json", action="store_true", help="print a JSON array with an object for each row")

    def handle(self, *, report: str, json: bool, **options: Any) -> None:
        chosen = REPORTS[report]
        form = chosen.form(options)
        if not form.is_valid():
            raise CommandError(_complaint(form), returncode=2)
        by, rows = form.cleaned_data["by"], chosen.rows(form.cleaned_data, timezone.now())
        if json:
            self.stdout.write(dumps([chosen.as_dict(by, row) for row in rows]))
        elif self.stdout.isatty():
            Console().print(_table(chosen, by, rows))
        else:
            lines = csv.writer(self.stdout, delimiter="\t", lineterminator="\n")
            lines.writerows([chosen.header(by), *(chosen.as_cells(by, row) for row in rows)])


def _form(report: Report) -> PeriodForm:
    """With the attributes that can be asked for; without them where the database cannot be read."""
    try:
        return report.form({})
    except DatabaseError:
        return report.form()


def _add_option(parser: CommandParser, name: str, field: forms.Field, default: str | None) -> None:
    values = [value for value, _ in choices(field)] or None
    is_required = field.required and default is None
    parser.add_argument(f"--{name}", choices=values, default=default, required=is_required, help=str(field.help_text))


def _complaint(form: PeriodForm) -> str:
    """The first thing that is wrong, with the option that it is about."""
    name, [error, *_] = next(iter(form.errors.items()))
    return f"--{name}: {error}"


def _table(report: Report, by: str, rows: Sequence[Row]) -> Table:
    table = Table(by.title())
    for column in report.columns:
        title = f"{column.label}, {column.group.lower()}" if column.kind == Kind.WALL_TIME else column.label
        table.add_column(title, justify="right")
    for row in rows:
        # As plain text: a name in brackets is not markup, and an escape sequence in one must not reach the terminal.
        table.add_row(*(Text(printable(cell)) for cell in (row.label, *report.as_words(row).values())))
    return table
