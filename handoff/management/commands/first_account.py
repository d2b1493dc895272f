"""manage.py first_account: the link by which the first account of an empty installation is made."""

from typing import Any

from django.core.management.base import BaseCommand

from handoff.engine import first_account


class Command(BaseCommand):
    help = "Print the link by which the first account is made. It works once, and only while Handoff has no accounts."

    def handle(self, **_: Any) -> None:
        if not first_account.is_wanted():
            self.stdout.write("There are accounts: log in with one of them, or use manage.py createsuperuser.")
            return
        self.stdout.write(
            f"Make the first account, which has the role RevOps, with this link. It works once, and for "
            f"{first_account.DAYS} days; manage.py first_account prints another.\n\n    {first_account.link()}"
        )
