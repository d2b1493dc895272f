"""Import a file of campaigns, leads, touches, outcomes, stages or pauses."""

import json
import sys
from argparse import ArgumentTypeError
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import track

from handoff.imports.complaints import Complaints
from handoff.imports.dates import Order
from handoff.imports.files import RefusedRows, Report
from handoff.imports.kind import Result
from handoff.imports.memory import NOTHING, Remembered, load
from handoff.imports.run import KINDS, Import, Tally, Wish, prepare
from handoff.imports.unreadable import Unreadable
from handoff.management.terminal import printable
from handoff.workflow.backfill import Clocks
from leads.models.people import validate_zone

SHOWN = 20  # complaints on the screen, row by row
REFUSED, UNREADABLE = 1, 2


class Command(BaseCommand):
    help = (
        "Import a file: every row is created, updated, unchanged or refused with its reason, and a refused row "
        "spoils no other. Run it again as often as you like: what is already there is unchanged. "
        "Exit status: 0, 1 when rows were refused, 2 when the file could not be read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=KINDS)
        parser.add_argument("file", type=Path, help="delimited text, XLSX or XLS, whatever its name says")
        parser.add_argument(
            "--system", default="", help="whose ids the file has, like hubspot; else as its headers tell"
        )
        _add_understanding(parser)
        parser.add_argument("--historical", action="store_true", help="a backfill: start no clock and notify no one")
        parser.add_argument(
            "--strict",
            action="store_true",
            help="refuse a row with a value that cannot be read, instead of leaving it out",
        )
        parser.add_argument(
            "--clocks",
            choices=[clocks.value for clocks in Clocks],
            default=Clocks.NONE.value,
            help="from when the clocks of stages run that the file brings: from their true moments, from now, or not",
        )
        parser.add_argument("--explain", action="store_true", help="show how the file is understood, and do nothing")
        parser.add_argument("--dry-run", action="store_true", help="write nothing, and report the same")
        parser.add_argument("--report", type=Path, metavar="OUT.csv", help="write every row with its outcome there")
        parser.add_argument("--refused", type=Path, metavar="OUT.csv", help="write the refused rows there, to fix them")
        parser.add_argument("--json", action="store_true", help="end with one line of JSON")

    def handle(self, *, file: Path, **options: Any) -> None:
        try:
            prepared = prepare(file, _wish(**options))
            if options["save_mapping"]:
                prepared.remembered().save(options["save_mapping"])
            if options["explain"]:
                self._explain(prepared, as_json=options["json"])
                return
            if not options["json"]:
                self.stderr.write(printable("\n".join(prepared.understanding.lines())))
            tally, complaints = self._run(prepared, **options)
        except Unreadable as error:
            raise CommandError(printable(error), returncode=UNREADABLE) from error
        self._summarise(tally, complaints, **options)
        if tally.outcomes["refused"]:
            raise SystemExit(REFUSED)

    def _explain(self, prepared: Import, *, as_json: bool) -> None:
        understanding = prepared.understanding
        self.stdout.write(
            json.dumps(understanding.as_dict()) if as_json else printable("\n".join(understanding.lines()))
        )

    def _run(
        self, prepared: Import, *, report: Path | None, refused: Path | None, **_: Any
    ) -> tuple[Tally, Complaints]:
        tally, complaints, shown = Tally(), Complaints(), 0
        headers = prepared.understanding.table.headers
        with ExitStack() as stack:
            files: list[Report | RefusedRows] = []
            if report:
                files.append(stack.enter_context(Report(report, headers)))
            if refused:
                files.append(stack.enter_context(RefusedRows(refused, headers)))
            console = Console(stderr=True)
            is_hidden = not sys.stderr.isatty()
            results = track(_kept(prepared, files), "Importing", len(prepared.rows), console=console, disable=is_hidden)
            for result in results:
                tally.count(result)
                if complaints.add(result) and shown < SHOWN:
                    shown += 1
                    self.stderr.write(printable(_complaint(result)))
        return tally, complaints

    def _summarise(self, tally: Tally, complaints: Complaints, **options: Any) -> None:
        if complaints.count > 1:
            self.stderr.write(printable("\n".join(complaints.summary())))
            if not (options["report"] or options["refused"]):
                self.stderr.write("--report OUT.csv writes every row with its outcome, --refused OUT.csv those to fix.")
        counts = tally.as_dict()
        if options["json"]:
            self.stdout.write(json.dumps(counts))
            return
        tried = " (dry run: nothing was written)" if options["dry_run"] else ""
        self.stdout.write(", ".join(f"{count} {name}" for name, count in counts.items()) + tried)


def _add_understanding(parser: CommandParser) -> None:
    """What the user may say of a file that it does not say itself."""
    repeated: dict[str, Any] = {"action": "append", "default": []}
    parser.add_argument(
        "--map",
        metavar="HEADER=field",
        help="which field a column is; repeat it; without a field the column is left out",
        **repeated,
    )
    parser.add_argument("--set", metavar="field=value", help="what a field is in every row; repeat it", **repeated)
    parser.add_argument(
        "--value",
        metavar="HEADER:value=meaning",
        help="what a value stands for, in one column or (value=meaning) in all; repeat it",
        **repeated,
    )
    parser.add_argument("--mapping", type=Path, metavar="FILE.yaml", help="understand the file like an earlier one")
    parser.add_argument("--save-mapping", type=Path, metavar="FILE.yaml", help="keep how the file was understood")
    parser.add_argument("--encoding", default="", help="of the text, like cp1250 or shift_jis")
    parser.add_argument("--sheet", default="", help="of a workbook that has several")
    parser.add_argument("--dates", choices=[order.value for order in Order], help="how dates like 03/04/24 are read")
    parser.add_argument("--time-zone", type=_zone, help="of times that name none, like Europe/Berlin; else UTC")


def _kept(prepared: Import, files: Iterable[Report | RefusedRows]) -> Iterator[Result]:
    """The results, each written to the files as it comes, beside its row."""
    for line, result in zip(prepared.lines, prepared.write(), strict=True):
        for file in files:
            file.add(line, result)
        yield result


def _complaint(result: Result) -> str:
    outcome = "refused" if result.outcome == "refused" else "warning"
    return f"row {result.row.number} {outcome} ({result.row.identity or '?'}): {result.reason}"


def _wish(**options: Any) -> Wish:
    """What is stated for this file wins over what is remembered of an earlier one."""
    remembered = _remembered(options["mapping"], options["kind"])
    dates, zone = options["dates"] or remembered.dates, options["time_zone"] or remembered.time_zone
    return Wish(
        kind=options["kind"],
        system=options["system"] or remembered.system,
        mappings=options["map"],
        constants=options["set"],
        values=options["value"],
        remembered=remembered,
        encoding=options["encoding"] or remembered.encoding,
        sheet=options["sheet"] or remembered.sheet,
        dates=Order(dates) if dates else None,
        zone=ZoneInfo(str(zone)) if zone else UTC,
        historical=options["historical"] or remembered.historical,
        dry_run=options["dry_run"],
        strict=options["strict"],
        clocks=Clocks(options["clocks"]),
    )


def _remembered(path: Path | None, kind: str) -> Remembered:
    if path is None:
        return NOTHING
    remembered = load(path)
    if remembered.kind not in ("", kind):
        raise Unreadable(f"{path.name} is a mapping for {remembered.kind}, not for {kind}.")
    return remembered


def _zone(name: str) -> str:
    try:
        validate_zone(name)
    except ValidationError as error:
        raise ArgumentTypeError(" ".join(error.messages)) from error
    return name
