"""Is it right where the facts of leads are from? Read only; every disagreement in words."""

from collections.abc import Iterator

from django.db import connection

from leads.facts import facts
from leads.provenance import CAPTURE
from leads.sql import load


def disagreements() -> Iterator[str]:
    names = [CAPTURE, *(fact.name for fact in facts())]
    with connection.cursor() as cursor:
        cursor.execute(load("handoff.amending", "origins.sql"), {"facts": names})
        for (words,) in cursor.fetchall():
            yield words
