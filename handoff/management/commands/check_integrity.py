"""manage.py check_integrity: prove that history, states, owners, clocks, deliveries and reports agree."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from handoff.amending.tally import tally
from handoff.management.terminal import printable


class Command(BaseCommand):
    help = "Compare states, owners, clocks, alarms, deliveries and reports with what they follow from. Changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--most", type=int, default=20, help="how many disagreements of each kind are shown; all are counted"
        )

    def handle(self, *_args: Any, most: int, **_options: Any) -> None:
        with transaction.atomic():  # one snapshot for all queries: people and sweeps go on meanwhile
            findings = tally(most)
        for kind, count in findings.counts.items():
            self.stderr.write(f"{count:,} x {kind}:")
            for words in findings.first[kind]:
                self.stderr.write(printable(f"  {words}"))
            if count > len(findings.first[kind]):
                self.stderr.write(f"  and {count - len(findings.first[kind]):,} more")
        if total := findings.counts.total():
            raise CommandError(f"{total} disagreements. The history is the truth: see docs/operations.md.")
        self.stdout.write("History, states, owners, clocks, deliveries and reports agree.")
