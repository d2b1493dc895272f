"""manage.py rebuild_clocks: derive every clock from the history, and show the difference."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from handoff.amending.rebuilding import rebuild
from leads.models import Lead


class Command(BaseCommand):
    help = (
        "Derive every clock from the history, write what differs, and show it; with --dry-run, only show it. What has "
        "fired stays fired. Run it after an upgrade of the time zone database, too: running clocks are computed again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--lead", type=int, help="the number of one lead; otherwise all")
        parser.add_argument("--dry-run", action="store_true", help="write nothing, and show the same")

    def handle(self, *_args: Any, lead: int | None, dry_run: bool, **_options: Any) -> None:
        if lead is not None and not Lead.objects.filter(pk=lead).exists():
            raise CommandError(f"There is no lead {lead}.")
        count = 0
        for lead_id, difference in rebuild(lead, dry_run=dry_run):
            count += 1
            self.stdout.write(f"Lead {lead_id}: {difference}")
        done = "would be made" if dry_run else "were made"
        self.stdout.write(
            f"{count} clocks {done} what their history says." if count else "Every clock is what its history says."
        )
