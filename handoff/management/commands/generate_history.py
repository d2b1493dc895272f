"""manage.py generate_history: a made-up year of leads whose truth is known, to try the finder of criteria on."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from handoff.demo.history import HistoryRefused, Plan, generate
from handoff.management.moments import moment
from handoff.reports.period import BACKWARDS

YEAR = timedelta(days=365)


class Command(BaseCommand):
    help = "Fill an empty database with made-up leads and what became of them. The same options make the same leads."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--leads", type=int, default=20_000)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--from", dest="start", type=moment, help="without it, a year before the end")
        parser.add_argument("--until", dest="end", type=moment, help="without it, today")
        parser.add_argument(
            "--truth",
            choices=["facts", "none"],
            default="facts",
            help="whether sales accepts depends on facts that the first definition ignores, or on luck alone",
        )
        parser.add_argument("--force", action="store_true", help="do it although HANDOFF_DEMO is not set")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not settings.DEMO and not options["force"]:
            raise CommandError("Its people have known passwords: set HANDOFF_DEMO=1, or say --force if you mean it.")
        end = options["end"] or timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
        start = options["start"] or end - YEAR
        if end <= start:
            raise CommandError(BACKWARDS)
        plan = Plan(options["leads"], end, start, options["seed"], has_truth=options["truth"] == "facts")
        try:
            offered = generate(plan, self._progress)
        except HistoryRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{plan.leads:,} leads were captured, and {offered:,} of them were handed over.")

    def _progress(self, done: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"{done:,} leads", ending="\r")
