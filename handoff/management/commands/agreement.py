"""manage.py agreement export|plan|apply: the agreement as a file."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from handoff.ascode import carrying_out, document
from handoff.ascode.differences import Change, summary
from handoff.ascode.exporting import PEOPLE, export
from handoff.management.terminal import printable
from handoff.refusals import NotAllowed
from leads.models import User

DIFFERS = 2
NOTHING = "Nothing to change: the agreement is what the file says."


class Command(BaseCommand):
    help = (
        "Export the agreement as YAML, show what a file would change, or apply it. What the file does not name stays "
        "as it is. What both sides sign becomes a draft."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        exported = acts.add_parser("export", help="write the agreement to a file, or to the terminal")
        exported.add_argument("file", nargs="?", default="-")
        exported.add_argument(
            "--without-people", action="store_true", help="leave out the managers and members of teams"
        )
        plan = acts.add_parser("plan", help="show what a file would change; exits with 0 for nothing, 2 for something")
        for act in (plan, acts.add_parser("apply", help="change what differs from a file, all of it or nothing")):
            act.add_argument("file", help="a file, or - for what is piped in")
            act.add_argument("--as", dest="username", required=True, metavar="USERNAME", help="who of RevOps does it")

    def handle(self, *, act: str, file: str, **options: Any) -> None:
        if act == "export":
            self._export(file, PEOPLE if options["without_people"] else ())
            return
        carry_out = {"plan": carrying_out.plan, "apply": carrying_out.apply}[act]
        try:
            changes = carry_out(document.read(_content(file)), by=_person(options["username"]))
        except document.FileRefused as refusal:
            raise CommandError(printable(_refused(file, refusal))) from refusal
        except NotAllowed as refusal:
            raise CommandError(refusal.message) from refusal
        self._show(changes, is_done=act == "apply")
        if changes and act == "plan":
            sys.exit(DIFFERS)

    def _export(self, file: str, without: tuple[str, ...]) -> None:
        text = export(without)
        if file == "-":
            self.stdout.write(text, ending="")
        else:
            Path(file).write_bytes(text.encode())

    def _show(self, changes: list[Change], *, is_done: bool) -> None:
        for change in changes:
            self.stdout.write(printable("\n".join(change.lines())))
        if not changes:
            self.stdout.write(NOTHING)
        else:
            self.stdout.write(f"{'Applied. ' if is_done else ''}{summary(changes)}")


def _content(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error


def _person(username: str) -> User:
    person = User.objects.filter(username=username, is_active=True).first()
    if person is None:
        raise CommandError(f"“{username}” is not the username of an active person: name one with --as.")
    return person


def _refused(file: str, refusal: document.FileRefused) -> str:
    lines = "\n".join(f"  {file}, {complaint}" for complaint in refusal.complaints)
    return f"Nothing was changed:\n{lines}"
