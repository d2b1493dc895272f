"""Repair: make the clocks what the history says, and tell what was otherwise."""

from collections.abc import Iterator

from django.db import transaction
from django.utils import timezone

from handoff import alerts
from handoff.workflow.act import lock
from leads.models import Lead, Transition
from sla import clocks
from sla.comparison import Difference
from sla.comparison import differences as compare
from sla.history import Versions
from sla.models import Alarm, Clock

CHUNK = 500


def rebuild(lead_id: int | None = None, *, dry_run: bool = False) -> Iterator[tuple[int, Difference]]:
    """Derive every clock from the history; write what differs, lead by lead, unless it is a dry run.

    What has fired stays fired. A clock that is over keeps what an older time zone database said of it; one that runs
    is computed by the one that is installed. Killed half-way, it is simply run again.
    """
    versions, last = Versions(), 0
    wanted = Lead.objects.filter(pk=lead_id) if lead_id else Lead.objects.all()
    while chunk := list(wanted.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        for pk in chunk:
            for difference in _look(pk, versions) if dry_run else _mend(pk, versions):
                yield pk, difference
        last = chunk[-1]


def _look(lead_id: int, versions: Versions) -> list[Difference]:
    with transaction.atomic():
        lead = Lead.objects.get(pk=lead_id)
        stored = list(Clock.objects.filter(lead=lead))
        return list(compare(Transition.written.filter(lead=lead), stored, versions, timezone.now()))


def _mend(lead_id: int, versions: Versions) -> list[Difference]:
    if not _look(lead_id, versions):
        return []
    with transaction.atomic():
        lead = lock(lead_id)
        clocks.hold(lead_id)
        differences = clocks.follow_history(lead, versions)
        alerts.withdraw(Alarm.objects.filter(clock__in=clocks.called_off(differences)))
        return differences
