"""manage.py rebuild_reports: prove that the figures kept ready are those of the leads, and correct them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from handoff.management.terminal import printable
from handoff.reports import proving, rollup
from handoff.reports.keeping import snapshot


class Command(BaseCommand):
    help = "Compare the figures that reports keep ready with the leads, and write what is missing. It blocks no one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what is wrong and change nothing; exit with 1")

    def handle(self, *, dry_run: bool, **_options: Any) -> None:
        if not dry_run:
            written = rollup.repair() + proving.repair()
            self.stdout.write(f"Corrected {written} {'figure' if written == 1 else 'figures'} of the reports.")
            return
        with snapshot():
            disagreements = [*rollup.disagreements(), *proving.disagreements(None)]
        for disagreement in disagreements:
            self.stderr.write(printable(disagreement))
        if disagreements:
            number = len(disagreements)
            raise CommandError(f"{number} {'disagreement' if number == 1 else 'disagreements'}.")
        self.stdout.write("The figures of the reports are those of the leads.")
