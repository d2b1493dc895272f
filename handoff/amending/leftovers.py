"""Is anything left on leads that were merged, and do leads sum up what buyers said? Read only; in words."""

from collections.abc import Iterator

from django.db import connection

from leads.sql import load


def left_on_merged() -> Iterator[str]:
    yield from _words("merged.sql")


def wrong_consents() -> Iterator[str]:
    yield from _words("consents.sql")


def _words(name: str) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(load("handoff.amending", name))
        for (words,) in cursor.fetchall():
            yield words
