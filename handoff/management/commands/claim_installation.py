"""manage.py claim_installation: send from here, after a restore or a move to another name."""

from typing import Any

from django.core.management.base import BaseCommand

from handoff.alerts.installation import claim, this_host, why_silent


class Command(BaseCommand):
    help = (
        "Let this installation send the messages of this database. For a move or a restore, and never for a copy of a "
        "database whose original still runs: people would get everything twice."
    )

    def handle(self, **_options: Any) -> None:
        claim()
        self.stdout.write(f"This database belongs to {this_host()} now.")
        if reason := why_silent():
            self.stdout.write(self.style.WARNING(f"Still nothing is sent: {reason}."))
