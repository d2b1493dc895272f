"""manage.py stop_policy: declare a policy version a mistake, and stop all its alarms."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from handoff.amending import stopping
from handoff.refusals import NotAllowed, WrongState
from leads.models import User
from sla.models import Policy


class Command(BaseCommand):
    help = (
        "Declare a policy version a mistake: it is out of force, and nothing more of its ladder is sent or done. "
        "Breaches that happened stay; excuse_breaches excuses them. If it is killed half-way, run it again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", help="the key of the policy")
        parser.add_argument("version", type=int)
        parser.add_argument("--reason", required=True)
        parser.add_argument("--by", metavar="USER", help="who of RevOps declares it; without it, the system")

    def handle(self, *, key: str, version: int, reason: str, by: str | None, **_options: Any) -> None:
        policy = Policy.objects.filter(key=key, version=version).first()
        if policy is None:
            raise CommandError(f"There is no version {version} of a policy “{key}”.", returncode=2)
        if not reason.strip():
            raise CommandError("Give the reason why it is a mistake.", returncode=2)
        person = User.objects.filter(username=by, is_active=True).first() if by else None
        if by and person is None:
            raise CommandError(f"“{by}” is not the username of an active person: name one with --by.", returncode=2)
        try:
            declared = stopping.declare(policy, by=person, reason=reason)
        except (NotAllowed, WrongState) as refusal:
            raise CommandError(refusal.message, returncode=2) from refusal
        self._stop(declared)

    def _stop(self, policy: Policy) -> None:
        alarms = messages = 0
        for progress in stopping.stop(policy):
            alarms, messages = progress.alarms, progress.messages
            self.stdout.write(f"{progress.leads} of {progress.of} leads")
        self.stdout.write(f"Stopped {policy}: {alarms} alarms cancelled, {messages} messages withdrawn.")
