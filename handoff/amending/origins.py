"""Is it right where the facts of leads are from? Read only; every disagreement in words."""

from collections.abc import Iterator

from django.db import connection

from leads.catalogue import attributes, forget
from leads.facts import built_in_facts
from leads.provenance import CAPTURE
from leads.sql import load


def disagreements() -> Iterator[str]:
    forget()  # what another process has added since is a fact too
    names = [CAPTURE, *(fact.name for fact in (*built_in_facts(), *attributes()))]
    with connection.cursor() as cursor:
        cursor.execute(load("handoff.amending", "origins.sql"), {"facts": names})
        for (words,) in cursor.fetchall():
            yield words
