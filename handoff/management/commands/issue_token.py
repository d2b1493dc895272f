"""Issue a token for the API."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from handoff.models import ApiToken
from leads.models import User


class Command(BaseCommand):
    help = "Print a new API token that acts for a person. It is shown once: only its hash is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--revoke-others", action="store_true", help="revoke the tokens the person had until now")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 Django's signature
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"“{options['username']}” is not a username: write it as under Users.")
        if not user.is_active:
            raise CommandError(f"“{user.username}” is not active: activate the user first.")
        if options["revoke_others"]:
            user.api_tokens.filter(revoked_at=None).update(revoked_at=timezone.now())
        self.stdout.write(ApiToken.issue(user))
