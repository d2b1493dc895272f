"""Files of imports are kept for some days, and with them what an import can be undone by; its record stays."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from handoff.models import IN_PROGRESS, Import, ImportChange, ImportState, RowOutcome


def forget_old() -> None:
    """Delete the files of imports that ended long ago, and drafts that nobody has started."""
    then = timezone.now() - timedelta(days=settings.IMPORT_KEEP_DAYS)
    Import.objects.filter(state=ImportState.DRAFT, created_at__lt=then).delete()
    ended = Import.objects.exclude(state__in=(*IN_PROGRESS, ImportState.DRAFT)).exclude(content=None)
    for pk in ended.filter(finished_at__lt=then).values_list("pk", flat=True).order_by("pk"):
        _forget(pk)


@transaction.atomic
def _forget(pk: int) -> None:
    """Its rows hold what buyers wrote, so they go with the file; what has become of them stays counted."""
    record = Import.objects.select_for_update(no_key=True).defer("content").get(pk=pk)
    if record.is_in_progress:  # somebody undoes it now
        return
    Import.objects.filter(pk=pk).update(content=None, complaints=[], preview={})
    ImportChange.objects.filter(of_import=pk).delete()
    record.rows.exclude(outcome=RowOutcome.KEPT).delete()
