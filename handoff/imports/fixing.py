"""Refused rows that are fixed by hand and written again, for the import that they belong to."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.db import transaction
from django.db.models import F

from handoff.imports import rights
from handoff.imports.complaints import Complaints, field_of
from handoff.imports.kind import FirstRows, Result
from handoff.imports.plan import Plan
from handoff.imports.rows import noting_changes_of, write_as_author
from handoff.imports.run import KINDS, row_of, written
from handoff.imports.table import Line
from handoff.models import ENDED, Import, ImportRow, RowOutcome
from handoff.refusals import Refused
from leads.models import User

MOST_ROWS = 50
MOST_CELLS = 900  # a form may not have many more


class NotFixable(Refused):
    """The import is in progress or undone, or its file is deleted."""

    status = 409
    code = "not_fixable"


@transaction.atomic
def fix(record: Import, cells: Mapping[int, Sequence[str]], *, by: User) -> tuple[int, int]:
    """Write rows again with these cells, by their keys: how many came in, and how many are still refused."""
    rights.check(by, record)
    # Under its lock, so that a second click does not write them twice.
    current = Import.objects.select_for_update(no_key=True).only("state").get(pk=record.pk)
    if current.state not in ENDED:
        raise NotFixable("The import is in progress or undone: its rows cannot be fixed now.")
    stored = list(record.rows.filter(outcome=RowOutcome.REFUSED, pk__in=cells).order_by("number", "pk")[:MOST_ROWS])
    for row in stored:
        row.cells = [*cells[row.pk]]
    results = _write(record, stored, by)
    came_in = _keep(record, stored, results)
    return came_in, len(stored) - came_in


def _write(record: Import, stored: Sequence[ImportRow], by: User) -> list[Result]:
    plan, kind = Plan.load(record.layout), KINDS[record.kind]
    record.by = by
    rows = [row_of(Line(row.number, tuple(row.cells)), plan.columns) for row in stored]
    reading = replace(plan.reading, first_rows=FirstRows())
    with noting_changes_of(record):
        return list(written(rows, lambda sound: write_as_author(record, sound, kind, reading)))


def _keep(record: Import, stored: Sequence[ImportRow], results: Sequence[Result]) -> int:
    """Count what became of them, and keep those that are refused again, as they are now."""
    counted = dict.fromkeys(("created", "updated", "unchanged", "refused"), 0)
    for row, result in zip(stored, results, strict=True):
        if result.outcome == "refused":
            row.reason, row.field = result.reason, field_of(result.reason)
            row.save(update_fields=["reason", "field", "cells"])
            continue
        row.delete()
        counted[result.outcome] += 1
        counted["refused"] -= 1
    complaints = _complaints(record, results)
    Import.objects.filter(pk=record.pk).update(
        complaints=complaints, **{name: F(name) + number for name, number in counted.items()}
    )
    return -counted["refused"]


def _complaints(record: Import, results: Sequence[Result]) -> list[dict[str, object]]:
    """The refusals as they are now, and the warnings of before with those that came along."""
    before = [each for each in record.complaints if not each["is_refusal"]]
    complaints = Complaints.load(before)
    for number, reason in record.rows.filter(outcome=RowOutcome.REFUSED).values_list("number", "reason").iterator():
        complaints.count_in(number, reason, is_refusal=True)
    for result in results:
        if result.outcome != "refused":
            complaints.add(result)
    return complaints.plain()
