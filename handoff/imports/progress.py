"""What is kept of the rows of an import that were done, how they are counted, and its end."""

from collections import Counter
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from handoff.imports.complaints import field_of
from handoff.imports.kind import Result
from handoff.imports.run import OUTCOMES
from handoff.imports.table import Line
from handoff.models import Import, ImportRow, ImportState, RowOutcome, StatedRow

MOST_WARNINGS = 10_000  # that are kept with their rows; all are counted


def keep_rows(record: Import, lines: Sequence[Line], results: Sequence[Result]) -> None:
    """Keep the rows that were refused, and the first of those that were strange."""
    room = MOST_WARNINGS - record.warnings
    kept = []
    for line, result in zip(lines, results, strict=True):
        is_refused = result.outcome == "refused"
        if not result.reason or not (is_refused or room > 0):
            continue
        room -= not is_refused
        kept.append(
            ImportRow(
                of_import=record,
                number=line.number,
                outcome=RowOutcome.REFUSED if is_refused else RowOutcome.WARNING,
                reason=result.reason.replace("\0", ""),
                field=field_of(result.reason)[:80],
                cells=[cell.replace("\0", "") for cell in line.values],  # an old workbook may have it in a cell
            )
        )
    ImportRow.objects.bulk_create(kept)


def count(results: Sequence[Result]) -> Counter[str]:
    counted = Counter[str](result.outcome for result in results)
    warnings = sum(bool(result.reason) and result.outcome != "refused" for result in results)
    return Counter({name: counted[name] for name in OUTCOMES} | {"warnings": warnings})


@transaction.atomic
def finish(record: Import, state: ImportState, note: str = "") -> bool:
    """False when somebody else has finished it. A chunk that is being written is done before, or taken back."""
    unfinished = Import.objects.filter(pk=record.pk, state__in=(ImportState.WAITING, ImportState.RUNNING))
    is_mine = unfinished.update(state=state, note=note, finished_at=timezone.now()) == 1
    if is_mine:
        StatedRow.objects.filter(of_import=record.pk).delete()
    return is_mine
