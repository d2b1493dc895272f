"""Signs of life as they were so many seconds ago."""

from datetime import datetime, timedelta

from django.utils import timezone

from handoff.engine import heartbeat
from handoff.models import Heartbeat


def live(now: datetime | None = None, **ages: float) -> None:
    """Signs of life of processes that had run for an hour by then; all are well unless another age is given."""
    now = now or timezone.now()
    for name in heartbeat.NAMES:
        at = now - timedelta(seconds=ages.get(name, 0))
        Heartbeat.objects.update_or_create(name=name, defaults={"at": at, "since": at - timedelta(hours=1)})
