"""The command `import`: a file of any kind. It is on record, to be resumed, stopped and undone as in the console."""

import json
import sys
from argparse import ArgumentTypeError
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import Progress

from handoff.doors import SHELL
from handoff.imports import drafts, job, rights
from handoff.imports.complaints import Complaints
from handoff.imports.dates import Order
from handoff.imports.files import RefusedRows, Report
from handoff.imports.kind import Result
from handoff.imports.memory import NOTHING, Remembered, load
from handoff.imports.run import KINDS, Import, Tally, Wish, prepare
from handoff.imports.table import Line, read_bytes
from handoff.imports.unreadable import Unreadable
from handoff.management.terminal import printable
from handoff.models import ENDED, ImportState
from handoff.models import Import as Record
from handoff.refusals import Refused
from handoff.workflow.backfill import Clocks
from leads.models import User
from leads.models.people import validate_zone

SHOWN = 20  # complaints on the screen, row by row
REFUSED, UNREADABLE = 1, 2


class Command(BaseCommand):
    help = (
        "Import a file: every row is created, updated, unchanged or refused with its reason, and a refused row "
        "spoils no other. Run it again as often as you like: what is already there is unchanged. Killed, the import "
        "is resumed by a worker, or with --resume. "
        "Exit status: 0, 1 when rows were refused, 2 when the file could not be read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", nargs="?", choices=KINDS)
        parser.add_argument("file", nargs="?", type=Path, help="delimited text, XLSX or XLS, whatever its name says")
        parser.add_argument("--resume", type=int, metavar="ID", help="go on with an import that is not finished")
        parser.add_argument("--by", default="", metavar="USERNAME", help="who imports; else nobody in particular")
        add_options(parser)

    def handle(self, **options: Any) -> None:
        options = {"resume": None, "by": ""} | options
        try:
            outcome = self._resume(**options) if options["resume"] else self._begin(**options)
        except (Unreadable, Refused) as error:
            raise CommandError(printable(error), returncode=UNREADABLE) from error
        if outcome is None:
            return
        self._summarise(*outcome, **options)
        if outcome[0].outcomes["refused"]:
            raise SystemExit(REFUSED)

    def _begin(
        self, *, kind: str | None, file: Path | None, by: str, **options: Any
    ) -> tuple[Tally, Complaints] | None:
        if kind is None or file is None:
            raise Unreadable("Give the kind of the file and its name, or --resume ID.")
        author = _user(by)
        prepared = prepare(file, replace(_wish(kind=kind, **options), roles=author.roles if author else None))
        if options["save_mapping"]:
            prepared.remembered().save(options["save_mapping"])
        if options["explain"]:
            self._explain(prepared, as_json=options["json"])
            return None
        if not options["json"]:
            self.stderr.write(printable("\n".join(prepared.understanding.lines())))
        if options["dry_run"]:
            return self._try(prepared, _record(prepared, file, author).by, **options)
        headers, total = prepared.understanding.table.headers, len(prepared.rows)
        with _Screen(self, headers, total, **options) as screen:  # a report that cannot be written refuses the import
            return self._run(_started(_record(prepared, file, author)), screen)

    def _explain(self, prepared: Import, *, as_json: bool) -> None:
        understanding = prepared.understanding
        self.stdout.write(
            json.dumps(understanding.as_dict()) if as_json else printable("\n".join(understanding.lines()))
        )

    def _resume(self, *, resume: int, **options: Any) -> tuple[Tally, Complaints] | None:
        """The whole of the import is summed up, and not only the rows that were left."""
        if options["dry_run"] or options["explain"]:
            raise Unreadable("--resume brings rows in: leave out --dry-run and --explain.")
        record = Record.objects.filter(pk=resume).first()
        if record is None:
            raise Unreadable(f"--resume {resume} is not the number of an import: the page Imports lists them.")
        if not record.is_in_progress:
            raise Unreadable(f"Import {resume} is not in progress: it is {record.get_state_display().lower()}.")
        with _Screen(self, record.layout["headers"], record.total, done=record.done, **options) as screen:
            is_done = self._run(record, screen)
        return (Tally.of(record.counts()), Complaints.load(record.complaints)) if is_done else None

    def _try(self, prepared: Import, by: User | None, **options: Any) -> tuple[Tally, Complaints]:
        with _Screen(self, prepared.understanding.table.headers, len(prepared.rows), **options) as screen:
            for line, result in prepared.try_out(by):
                screen.see([line], [result])
        return screen.tally, screen.complaints

    def _run(self, record: Record, screen: "_Screen") -> tuple[Tally, Complaints] | None:
        if self.names_record:
            self.stderr.write(f"Import {record.pk}: --resume {record.pk} goes on with it, should it be interrupted.")
        job.run(record, lambda: True, screen.see)
        record.refresh_from_db()
        if record.state == ImportState.UNDONE:
            self.stdout.write(f"{record.reverted} undone, {record.kept} kept")
            return None
        if record.state not in ENDED:
            raise Unreadable(f"Another process goes on with the import: --resume {record.pk} shows how far it is.")
        if record.state != ImportState.DONE:
            raise Unreadable(record.note)
        return screen.tally, screen.complaints

    names_record = True

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


class _Screen:
    """What is shown of the rows while they are done, and what is written of them into files."""

    def __init__(
        self, command: BaseCommand, headers: Sequence[str], total: int, *, done: int = 0, **options: Any
    ) -> None:
        self.tally, self.complaints = Tally(), Complaints()
        self._command, self._shown, self._stack = command, 0, ExitStack()
        self._files: list[Report | RefusedRows] = []
        if options["report"]:
            self._files.append(Report(options["report"], headers))
        if options["refused"]:
            self._files.append(RefusedRows(options["refused"], headers))
        self._progress = Progress(console=Console(stderr=True), disable=not sys.stderr.isatty())
        self._task = self._progress.add_task("Importing", total=total, completed=done)

    def __enter__(self) -> "_Screen":
        for file in self._files:
            self._stack.enter_context(file)
        self._stack.enter_context(self._progress)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def see(self, lines: Sequence[Line], results: Sequence[Result]) -> None:
        for line, result in zip(lines, results, strict=True):
            self.tally.count(result)
            for file in self._files:
                file.add(line, result)
            if self.complaints.add(result) and self._shown < SHOWN:
                self._shown += 1
                self._command.stderr.write(printable(_complaint(result)))
        self._progress.advance(self._task, len(lines))


def _record(prepared: Import, file: Path, by: User | None) -> Record:
    """The import as a record that is not saved yet, if this person may import it."""
    data = read_bytes(file)
    drafts.check_size(len(data))
    stated = {**prepared.remembered().plain(), "strict": prepared.wish.strict}
    record = Record(content=data, size=len(data), file_name=file.name[-drafts.LONGEST_NAME :], stated=stated, by=by)
    record.via, record.request_id = SHELL.via, SHELL.request_id
    drafts.fill(record, prepared)
    if by is not None:
        rights.check(by, record)
    return record


def _started(record: Record) -> Record:
    """Whoever is killed from here on is followed by a worker."""
    record.save()
    drafts.start(record, by=record.by)
    return record


def _user(username: str) -> User | None:
    if not username:
        return None
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise Unreadable(f"--by {username} is not an active user: give the username of somebody who may import.")
    return user


def add_options(parser: CommandParser) -> None:
    parser.add_argument("--system", default="", help="whose ids the file has, like hubspot; else as its headers tell")
    _add_understanding(parser)
    parser.add_argument("--historical", action="store_true", help="a backfill: start no clock and notify no one")
    parser.add_argument(
        "--strict", action="store_true", help="refuse a row with a value that cannot be read, instead of leaving it out"
    )
    parser.add_argument(
        "--clocks",
        choices=[clocks.value for clocks in Clocks],
        help="from when the clocks of stages run that the file brings: from their true moments, from now, or not",
    )
    parser.add_argument("--explain", action="store_true", help="show how the file is understood, and do nothing")
    parser.add_argument("--dry-run", action="store_true", help="write nothing, and report the same")
    parser.add_argument("--report", type=Path, metavar="OUT.csv", help="write every row with its outcome there")
    parser.add_argument("--refused", type=Path, metavar="OUT.csv", help="write the refused rows there, to fix them")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")


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
        clocks=Clocks(options["clocks"] or remembered.clocks or Clocks.NONE),
        strict=options["strict"],
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
