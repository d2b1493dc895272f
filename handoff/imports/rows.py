"""Rows written for an import on record: with the rights of its author, and with a note of what they change."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.core.exceptions import ValidationError

from handoff.imports import rights
from handoff.imports.kind import Kind, Reading, Result, Row, refused
from handoff.models import Import
from leads.sql import setting

_PLAIN = ("campaigns", "leads")
"""Kinds that lock what they write in order, and change nothing that is with sales."""


@contextmanager
def noting_changes_of(record: Import) -> Iterator[None]:
    """Let the database note what is made and changed within a transaction: see import_changes.sql."""
    with setting("handoff.import", str(record.pk)):
        yield


def write_as_author(record: Import, rows: Sequence[Row], kind: Kind, reading: Reading) -> list[Result]:
    """Write rows with the rights of whoever imports them."""
    if record.kind in _PLAIN or not rows:
        return kind.write(rows, reading)
    lead_ids = rights.hold_leads(rows, kind, reading)
    taken = rights.taken_by_sales(record.by, lead_ids)
    pairs = list(zip(rows, lead_ids, strict=True))
    results = iter(kind.write([row for row, pk in pairs if pk not in taken], reading))
    return [refused(row, ValidationError(rights.WITH_SALES)) if pk in taken else next(results) for row, pk in pairs]
