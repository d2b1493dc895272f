"""manage.py demo: fill an empty installation with a world to try it in; nothing happens when it is there already."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from handoff import demo
from handoff.demo.people import PEOPLE, password
from leads.models import Lead
from sla.models import PendingAlarm

SOON = timedelta(minutes=10)


class Command(BaseCommand):
    help = "Load invented people, their agreement and eight weeks of leads into an empty database, once."
    requires_system_checks = []  # `make run` has just migrated, which checks; when there is nothing to do this is quick

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--force", action="store_true", help="Load it although HANDOFF_DEMO is not set.")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not settings.DEMO and not options["force"]:
            raise CommandError("The demo has known passwords: set HANDOFF_DEMO=1, or say --force if you mean it.")
        try:
            is_new = demo.load()
        except demo.DemoRefused as error:
            raise CommandError(str(error)) from error
        self._introduce()
        if is_new:
            self._say_what_comes()

    def _introduce(self) -> None:
        shown = "demo" if password() == "demo" else "what DEMO_PASSWORD was as the demo was loaded"
        self.stdout.write(f"Log in as one of these; the password is {shown}.")
        for person in PEOPLE:
            self.stdout.write(
                f"  {person.username:<5} {person.role}" + (f", {person.place}" if person.in_sales else "")
            )

    def _say_what_comes(self) -> None:
        now = timezone.now()
        coming = PendingAlarm.objects.filter(due_at__lte=now + SOON).select_related("step", "clock__lead__owner")
        self.stdout.write("\nWatch these leads; more follow within the hour:")
        for pending in coming.order_by("due_at"):
            clock, minutes = pending.clock, (pending.due_at - now).total_seconds() / 60
            description = f"{pending.step.get_kind_display():<8} {clock.get_metric_display().lower()}"
            lead = f"{clock.lead} ({clock.lead.company}), lead {clock.lead_id}, {_whose(clock.lead)}"
            self.stdout.write(f"  in {minutes:4.1f} minutes  {description}: {lead}")


def _whose(lead: Lead) -> str:
    return f"owned by {lead.owner}" if lead.owner else f"in the queue of {lead.team}"
