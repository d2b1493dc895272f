"""The leads of an import that are undone together: nearly all, where nobody has worked with them since."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q

from handoff.models import Import, ImportChange
from leads.models import ExternalId, Lead, LeadToMatch, MatchKey, PossibleDuplicate, Touchpoint
from leads.scoring import rescore
from leads.sql import load

Rows = Sequence[tuple[Any, ...]]


def undo_together(record: Import, lead_ids: Sequence[int]) -> None:
    """Undo what was done to those leads of which nothing has to be looked at; the others keep their notes."""
    for undo in (_remove_new, _restore_changed):
        _try(undo, record, lead_ids)


def forget_matching(ids: Sequence[int]) -> None:
    """What was kept to find their duplicates, and what was suggested."""
    PossibleDuplicate.objects.filter(Q(first__in=ids) | Q(second__in=ids)).delete()
    MatchKey.objects.filter(lead__in=ids).delete()
    LeadToMatch.objects.filter(lead__in=ids).delete()


def _try(undo: Callable[[Import, Sequence[int]], list[int]], record: Import, lead_ids: Sequence[int]) -> None:
    """One transaction with its progress. If it fails, the leads are undone one by one, which says why one stays."""
    try:
        with transaction.atomic():
            list(Lead.objects.filter(pk__in=lead_ids).order_by("pk").select_for_update().values_list("pk", flat=True))
            undone = undo(record, lead_ids)
            connection.check_constraints()
            ImportChange.objects.filter(of_import=record, lead_id__in=undone).delete()
            Import.objects.filter(pk=record.pk).update(reverted=F("reverted") + len(undone))
    except IntegrityError:
        return


def _remove_new(record: Import, lead_ids: Sequence[int]) -> list[int]:
    """Remove those that were only made and are as they were made."""
    new = [pk for (pk,) in _untouched("untouched_new_leads.sql", record, lead_ids)]
    ExternalId.objects.filter(lead__in=new).delete()
    Touchpoint.objects.filter(lead__in=new).delete()
    forget_matching(new)
    with connection.cursor() as cursor:
        # Django would first look for all that belongs to them, which is gone already.
        cursor.execute("DELETE FROM leads_lead WHERE id = ANY(%s)", [new])
    return new


def _restore_changed(record: Import, lead_ids: Sequence[int]) -> list[int]:
    """Give those their former facts of which nothing else was changed, and that are as the import left them."""
    rows = sorted(_untouched("unchanged_since.sql", record, lead_ids), key=lambda row: row[2])
    for columns, changed in groupby(rows, key=lambda row: row[2]):
        _restore(columns, [note for _lead, note, _columns in changed])
    restored = [lead for lead, _note, _columns in rows]
    rescore(Lead.objects.filter(pk__in=restored))
    return restored


def _untouched(name: str, record: Import, lead_ids: Sequence[int]) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(load("handoff.amending", name), {"import": record.pk, "leads": list(lead_ids)})
        return cursor.fetchall()


def _restore(columns: Sequence[str], notes: Sequence[int]) -> None:
    """Only the columns that were changed are written, so that only those triggers fire that ask for them."""
    names = [connection.ops.quote_name(column) for column in columns]
    pairs = ", ".join(f"{name} = former.{name}" for name in names)
    statement = (
        f"UPDATE leads_lead SET {pairs} FROM handoff_importchange note "  # noqa: S608 quoted above
        "CROSS JOIN LATERAL jsonb_populate_record(NULL::leads_lead, note.before) former "
        "WHERE note.id = ANY(%s) AND leads_lead.id = note.row_id"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(notes)])
