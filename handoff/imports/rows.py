"""Rows written for an import on record: with the rights of its author, and with a note of what they change."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from django.core.exceptions import ValidationError

from handoff.imports import rights
from handoff.imports.kind import Kind, Reading, Result, Row, refused
from handoff.models import Import
from leads.sql import setting


@contextmanager
def noting_changes_of(record: Import) -> Iterator[None]:
    """Let the database note what is made and changed within a transaction: see import_changes.sql."""
    with setting("handoff.import", str(record.pk)):
        yield


def write_as_author(record: Import, rows: Sequence[Row], kind: Kind, reading: Reading) -> list[Result]:
    """Write rows with the rights that whoever imports them has now."""
    reading = replace(reading, roles=frozenset(record.by.roles) if record.by else None, by=record.by_id)
    if not rows or kind.locks_itself(reading):
        return kind.write(rows, reading)
    leads = rights.hold_leads(rows, kind, reading)
    taken = rights.taken_by_sales(record.by, [lead.pk for lead in leads if lead])
    allowed = [
        kind.of_taken(row, reading) if lead and lead.pk in taken else row for row, lead in zip(rows, leads, strict=True)
    ]
    held = {row.number: lead for row, lead in zip(rows, leads, strict=True) if lead and not lead.merged_into_id}
    reading = replace(reading, held=held)
    results = iter(kind.write([row for row in allowed if row], reading))
    return [
        next(results) if may else refused(row, ValidationError(rights.WITH_SALES))
        for row, may in zip(rows, allowed, strict=True)
    ]
