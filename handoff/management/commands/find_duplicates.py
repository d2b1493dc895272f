"""manage.py find_duplicates: compare all leads with each other, and suggest those that may be one person."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from handoff.amending import duplicates
from leads.models import LeadToMatch, PairState, PossibleDuplicate


class Command(BaseCommand):
    help = (
        "Compare all leads with each other, and suggest those that may be one person. New leads and changed ones are "
        "compared by themselves; run it after an upgrade that matches otherwise. Stopped half-way, it goes on from "
        "there, as the workers do too."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        waiting = LeadToMatch.objects.count()
        new = duplicates.mark_all()
        self.stdout.write(f"{new + waiting:,} leads to compare, {waiting:,} of them from before.")
        if not duplicates.find_marked(report=self._report):
            raise CommandError("A worker is comparing leads now: it goes on with all of these.")
        count = PossibleDuplicate.objects.filter(state=PairState.OPEN).count()
        self.stdout.write(f"{count:,} possible duplicates wait for a decision.")

    def _report(self, done: int) -> None:
        self._done = getattr(self, "_done", 0) + done
        if self._done % 10_000 < done:
            self.stdout.write(f"{self._done:,} compared.")
