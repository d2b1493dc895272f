"""The leads of benchmarks/reports.py with all that the lists of the console and of the API show of them."""

from django.db import connection, transaction

from benchmarks import reports
from leads.sql import load as sql


def load(leads: int) -> None:
    """Fill the tables past the triggers: they would take hours, and what they keep is filled in by the same SQL."""
    reports.load(leads)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in sql("benchmarks", "pages.sql").split(";\n"):
            cursor.execute(statement)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
