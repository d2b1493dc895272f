"""Undo an import: what it made is removed, what it changed is as it was, unless something was built on it since.

Lead by lead, each in one transaction with its progress: killed anywhere, it goes on from there.
"""

from collections.abc import Callable, Sequence

import structlog
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from psycopg.errors import DeadlockDetected, ForeignKeyViolation

from handoff import alerts
from handoff.amending.reverting import TABLES, Changes, changes_of, revert
from handoff.amending.undoing_many import forget_matching, undo_together
from handoff.amending.untouched import built_upon
from handoff.models import ENDED, Delivery, Import, ImportChange, ImportRow, ImportState, Notice, RowOutcome
from handoff.refusals import Refused
from handoff.workflow.timing import reevaluate_policies
from leads.models import Lead, User
from leads.scoring import rescore
from leads.sql import setting
from sla import clocks
from sla.models import Alarm, Clock, PendingAlarm

log = structlog.get_logger(__name__)
_TAKEN = {"lead_email_once": "email", "external_id_once": "external id"}
CHUNK = 200  # leads whose numbers are read at a time
GoOn = Callable[[], bool]


class _Overtaken(Exception):
    """Another process has dealt with this lead already."""


class NotUndoable(Refused):
    """There is nothing to undo, or what it would be undone by is deleted."""

    status = 409
    code = "not_undoable"


def ask(record: Import, *, by: User | None) -> None:
    """Write down that an import is to be undone. A worker does it."""
    if record.is_in_progress:
        raise NotUndoable("The import is in progress: stop it first.")
    if record.state not in ENDED:
        raise NotUndoable("The import has changed nothing that could be undone.")
    if not record.has_file():
        raise NotUndoable("The import is too old to be undone: what it changed is no longer on record.")
    ended = Import.objects.filter(pk=record.pk, state__in=ENDED)
    if not ended.update(state=ImportState.UNDOING, undone_by=by, undo_cursor=0):
        raise NotUndoable("The import is in progress: stop it first.")
    record.refresh_from_db(fields=["state", "undone_by", "undo_cursor"])


def run(record: Import, go_on: GoOn) -> None:
    """Go on undoing, as far as there is time."""
    while go_on() and _do_chunk(record, go_on):
        pass


def _do_chunk(record: Import, go_on: GoOn) -> bool:
    """Undo what was done to some leads; False when nothing more is to be done here."""
    record.refresh_from_db(fields=["state", "undo_cursor", "started_at"])
    if record.state != ImportState.UNDOING:
        return False
    left = ImportChange.objects.filter(of_import=record, lead_id__gt=record.undo_cursor)
    numbers = left.values_list("lead_id", flat=True).order_by("lead_id").distinct()[:CHUNK]
    lead_ids = [pk for pk in numbers if pk]
    if not lead_ids:
        _finish(record)
        return False
    try:
        undo_together(record, lead_ids)
        left_ids = left.filter(lead_id__in=lead_ids).values_list("lead_id", flat=True).order_by("lead_id").distinct()
        for lead_id in [pk for pk in left_ids if pk]:
            if not go_on():
                return False
            _undo(record, lead_id)
    except _Overtaken:
        pass  # begin again with what the row says now
    except OperationalError as error:
        if not isinstance(error.__cause__, DeadlockDetected):
            raise
    return True


def _undo(record: Import, lead_id: int) -> None:
    try:
        with transaction.atomic():
            with setting("handoff.undo", str(record.pk)):  # the history lets the acts of this import go
                words = _undo_lead(record, lead_id)
            _advance(record, lead_id, words)
    except IntegrityError as error:
        words = _hindrance(error)
        log.warning("undo_refused", id=record.pk, lead=lead_id, error=str(error))
        with transaction.atomic():
            _advance(record, lead_id, words)


def _hindrance(error: IntegrityError) -> str:
    """What the database refuses, for whoever reads what stays."""
    said = getattr(error.__cause__, "diag", None)
    if words := _TAKEN.get((said and said.constraint_name) or ""):
        return f"Another lead has the {words} by now that it had before the import: merge the two, or correct one."
    if isinstance(error.__cause__, ForeignKeyViolation) and said:
        return f"It is named by a {TABLES.get(said.table_name, 'record')} that was added in the meantime."
    return "What was added in the meantime does not go with what it was before the import."


def _undo_lead(record: Import, lead_id: int) -> str:
    """Undo what was done to a lead; or say why that, or a part of it, stays."""
    lead = Lead.objects.select_for_update().filter(pk=lead_id).first()
    changes = changes_of(record, lead_id)
    if lead is None:
        changes.forget()
        return ""
    clocks.hold(lead_id)  # an alarm that fires now would be one that is looked at below, or wait for what we do
    if words := built_upon(record, lead, changes):
        return words
    _withdraw_messages(lead, changes)
    if changes.is_new_lead:
        _remove_clocks(Clock.objects.filter(lead=lead))
        forget_matching([lead.pk])
    elif changes.acts:
        _remove_clocks(Clock.objects.filter(lead=lead, started_by__in=changes.acts))
    words = " ".join(revert(changes))
    if not changes.is_new_lead:
        rescore([Lead.objects.get(pk=lead.pk)])
        _follow(lead, changes)
    connection.check_constraints()
    changes.forget()
    return words


def _withdraw_messages(lead: Lead, changes: Changes) -> None:
    """Messages about what is undone are not sent: those that were are a reason to keep the lead."""
    Delivery.objects.filter(transition__in=changes.acts).delete()
    notices = Notice.objects.filter(lead=lead, key__in=[f"enquiry {pk}" for pk in changes.new("leads_touchpoint")])
    Delivery.objects.filter(notice__in=notices).delete()
    notices.delete()


def _remove_clocks(removed: QuerySet[Clock]) -> None:
    PendingAlarm.objects.filter(clock__in=removed).delete()
    Alarm.objects.filter(clock__in=removed).delete()
    removed.delete()


def _follow(lead: Lead, changes: Changes) -> None:
    """Let the clocks be what the history is without these acts, and be judged by the facts as they are again."""
    if changes.acts:
        lead = Lead.objects.get(pk=lead.pk)
        differences = clocks.follow_history(lead)
        alerts.withdraw(Alarm.objects.filter(clock__in=clocks.called_off(differences)))
    if changes.has_facts or changes.new("leads_touchpoint"):
        reevaluate_policies(lead.pk, because="An import was undone.")


def _advance(record: Import, lead_id: int, words: str) -> None:
    """Write down how far it has come, provided that nobody else has: else what was just done is taken back."""
    still = Import.objects.filter(pk=record.pk, state=ImportState.UNDOING, undo_cursor=record.undo_cursor)
    counted = {"kept": F("kept") + 1} if words else {"reverted": F("reverted") + 1}
    if not still.update(undo_cursor=lead_id, **counted):
        raise _Overtaken
    if words:
        _keep(record, words, lead_id)
    record.undo_cursor = lead_id


def _keep(record: Import, words: str, lead_id: int | None = None) -> None:
    ImportRow.objects.create(of_import=record, number=0, outcome=RowOutcome.KEPT, reason=words, lead_id=lead_id)


@transaction.atomic
def _finish(record: Import) -> None:
    """At last the campaigns, which leads may name; then it is undone."""
    still = Import.objects.filter(pk=record.pk, state=ImportState.UNDOING)
    if not still.update(state=ImportState.UNDONE, undone_at=timezone.now()):
        return
    complaints = _campaigns(record)
    for words in complaints:
        _keep(record, words)
    Import.objects.filter(pk=record.pk).update(kept=F("kept") + len(complaints))


def _campaigns(record: Import) -> Sequence[str]:
    changes = changes_of(record, None)
    complaints = revert(changes)
    changes.forget()
    return complaints
