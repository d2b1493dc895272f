"""manage.py check_integrity: prove that history, states, owners, clocks, deliveries and reports agree."""

from itertools import chain
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from handoff.amending.integrity import disagreements
from handoff.management.terminal import printable
from handoff.reports import rollup


class Command(BaseCommand):
    help = "Compare states, owners, clocks, alarms, deliveries and reports with what they follow from. Changes nothing."

    def handle(self, *_args: Any, **_options: Any) -> None:
        found = 0
        with transaction.atomic(), connection.cursor() as cursor:
            # One snapshot for all queries: people and sweeps go on meanwhile.
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            for disagreement in chain(disagreements(), rollup.disagreements()):
                found += 1
                self.stderr.write(printable(disagreement))
        if found:
            raise CommandError(f"{found} disagreements. The history is the truth: see docs/operations.md.")
        self.stdout.write("History, states, owners, clocks, deliveries and reports agree.")
