"""Import a file of campaigns, leads, touches, outcomes or pauses."""

import csv
import json
import sys
from argparse import ArgumentTypeError
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import track

from handoff.imports.dates import Order
from handoff.imports.kind import Result
from handoff.imports.run import KINDS, Tally, Wish, prepare
from handoff.imports.table import Unreadable
from handoff.management.terminal import printable
from handoff.reports.cells import safe_cell
from leads.models.people import validate_zone

SHOWN = 20  # complaints on the screen; the report has them all
REFUSED, UNREADABLE = 1, 2


class Command(BaseCommand):
    help = (
        "Import a file: every row is created, updated, unchanged or refused with its reason, and a refused row "
        "spoils no other. Run it again as often as you like: what is already there is unchanged. "
        "Exit status: 0, 1 when rows were refused, 2 when the file could not be read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=KINDS)
        parser.add_argument("file", type=Path)
        parser.add_argument("--system", required=True, help="whose ids the file has, like hubspot")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="HEADER=field",
            help="which field a column is; repeat it; without a field the column is left out",
        )
        parser.add_argument(
            "--dates", choices=[order.value for order in Order], help="how dates like 03/04/24 are read"
        )
        parser.add_argument(
            "--time-zone", default="UTC", type=_zone, help="of times that name none, like Europe/Berlin"
        )
        parser.add_argument("--historical", action="store_true", help="a backfill: start no clock and notify no one")
        parser.add_argument(
            "--strict",
            action="store_true",
            help="refuse a row with a value that cannot be read, instead of leaving it out",
        )
        parser.add_argument("--dry-run", action="store_true", help="write nothing, and report the same")
        parser.add_argument("--report", type=Path, metavar="OUT.csv", help="write the outcome of every row there")
        parser.add_argument("--json", action="store_true", help="end with one line of JSON")

    def handle(self, *, file: Path, report: Path | None, **options: Any) -> None:
        try:
            prepared = prepare(file, _wish(**options))
        except Unreadable as error:
            raise CommandError(printable(error), returncode=UNREADABLE) from error
        tally = Tally(warnings=len(prepared.warnings))
        for warning in prepared.warnings:
            self.stderr.write(f"warning: {printable(warning)}")
        with ExitStack() as stack:
            results: Iterable[Result] = prepared.write()
            if report:
                results = stack.enter_context(_Report(report)).keep(results)
            console, count = Console(stderr=True), len(prepared.rows)
            for result in track(results, "Importing", count, console=console, disable=not sys.stderr.isatty()):
                tally.count(result)
                self._complain(result, tally)
        self._summarise(tally, **options)
        if tally.outcomes["refused"]:
            raise SystemExit(REFUSED)

    def _complain(self, result: Result, tally: Tally) -> None:
        if not result.reason:
            return
        tally.complaints += 1
        if tally.complaints <= SHOWN:
            outcome = "refused" if result.outcome == "refused" else "warning"
            identity = result.row.identity or "?"
            self.stderr.write(printable(f"row {result.row.number} {outcome} ({identity}): {result.reason}"))
        elif tally.complaints == SHOWN + 1:
            self.stderr.write("… and more: --report OUT.csv has them all.")

    def _summarise(self, tally: Tally, **options: Any) -> None:
        counts = tally.as_dict()
        if options["json"]:
            self.stdout.write(json.dumps(counts))
            return
        tried = " (dry run: nothing was written)" if options["dry_run"] else ""
        self.stdout.write(", ".join(f"{count} {name}" for name, count in counts.items()) + tried)


class _Report:
    """The outcome of every row, in a file that a spreadsheet may open."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> "_Report":
        try:
            self._file = self.path.open("w", encoding="utf-8-sig", newline="")
        except (OSError, ValueError) as error:  # a name with a NUL in it
            raise CommandError(
                printable(f"Cannot write {self.path}: {getattr(error, 'strerror', None) or error}."),
                returncode=UNREADABLE,
            ) from error
        self._writer = csv.writer(self._file)
        self._writer.writerow(["row", "identity", "outcome", "reason"])
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def keep(self, results: Iterable[Result]) -> Iterator[Result]:
        for result in results:
            identity, reason = safe_cell(result.row.identity), safe_cell(result.reason)
            self._writer.writerow([result.row.number, identity, result.outcome, reason])
            yield result


def _wish(**options: Any) -> Wish:
    return Wish(
        kind=options["kind"],
        system=options["system"],
        mappings=options["map"],
        dates=Order(options["dates"]) if options["dates"] else None,
        zone=ZoneInfo(str(options["time_zone"])),
        historical=options["historical"],
        dry_run=options["dry_run"],
        strict=options["strict"],
    )


def _zone(name: str) -> str:
    try:
        validate_zone(name)
    except ValidationError as error:
        raise ArgumentTypeError(" ".join(error.messages)) from error
    return name
