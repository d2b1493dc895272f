"""manage.py check_integrity: prove that history, states, owners, clocks and deliveries agree."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from handoff.integrity import disagreements


class Command(BaseCommand):
    help = "Compare states, owners, clocks, alarms and deliveries with the history they follow from. Changes nothing."

    def handle(self, *_args: Any, **_options: Any) -> None:
        found = 0
        with transaction.atomic(), connection.cursor() as cursor:
            # One snapshot for all queries: people and sweeps go on meanwhile.
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            for disagreement in disagreements():
                found += 1
                self.stderr.write(disagreement)
        if found:
            raise CommandError(f"{found} disagreements. The history is the truth: see docs/operations.md.")
        self.stdout.write("History, states, owners, clocks and deliveries agree.")
