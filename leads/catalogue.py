"""The attributes that RevOps has added, as facts: read from the database at most once in a while, by each process."""

import json
import time
from typing import Any

from django.conf import settings
from django.db import connection

from leads.cards import ATTRIBUTES, Fact
from leads.values import LONGEST_TEXT, Choice, FactType

# By hand, as this is below the models: they ask for facts themselves.
_READ = """
SELECT key, label, type, help, choices::text, synonyms::text, seen_by::text, edited_by::text, in_packet, in_messages,
    archived_at IS NOT NULL
FROM leads_attribute ORDER BY position, id
"""
Row = tuple[Any, ...]


class _Catalogue:
    """What a process knows of the attributes, and since when. Replaced as a whole, as threads share it."""

    def __init__(self) -> None:
        self.read_at = float("-inf")
        self.rows: list[Row] = []
        self.facts: tuple[Fact, ...] = ()

    def read(self) -> tuple[Fact, ...]:
        """One small statement after a pause; what another process has changed is seen by then."""
        if time.monotonic() - self.read_at < settings.ATTRIBUTES_FRESH_SECONDS:
            return self.facts
        asked_at = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute(_READ)
            rows = cursor.fetchall()
        if rows != self.rows:
            self.facts, self.rows = tuple(map(_fact, rows)), rows
        self.read_at = asked_at
        return self.facts


_catalogue = _Catalogue()


def attributes() -> tuple[Fact, ...]:
    """All attributes in their order, also those that are archived."""
    return _catalogue.read()


def forget() -> None:
    """Read the attributes again when they are asked for next: call it after changing one."""
    _catalogue.read_at = float("-inf")


def assume_none() -> None:
    """Take it that there are no attributes, without asking, until `forget` is called. For tests."""
    _catalogue.rows, _catalogue.facts, _catalogue.read_at = [], (), time.monotonic()


def _fact(row: Row) -> Fact:
    key, label, kind, hint, choices, synonyms, seen_by, edited_by, in_packet, in_messages, is_archived = row
    type_ = FactType(kind)
    return Fact(
        name=f"{ATTRIBUTES}.{key}",
        label=label,
        type=type_,
        longest=LONGEST_TEXT if type_ == FactType.LONG_TEXT else 200,
        aliases=tuple(dict.fromkeys((key, label, *json.loads(synonyms)))),
        help=hint,
        choices=tuple(_choice(each) for each in json.loads(choices)),
        in_packet=in_packet,
        in_messages=in_messages,
        is_archived=is_archived,
        seen_by=frozenset(json.loads(seen_by)),
        edited_by=frozenset(json.loads(edited_by)),
    )


def _choice(stored: dict[str, Any]) -> Choice:
    return Choice(stored["key"], stored["label"], stored.get("archived", False))
