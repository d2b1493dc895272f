"""The sweep: fire what is due and write what must be told of it, batch by batch; then do what is to be done."""

from datetime import datetime

from django.db import transaction

from handoff import ladder
from handoff.alerts import outbox
from sla import alarms

BATCH = 1000


def sweep(at: datetime | None = None, batch: int = BATCH) -> int:
    """Fire every alarm that is due, and return how many. Killed at any point, it leaves nothing half-done."""
    fired = 0
    while True:
        with transaction.atomic():
            ids = alarms.fire(batch, at)
            if ids:
                outbox.announce_alarms(ids)
        fired += len(ids)
        if len(ids) < batch:
            break
    ladder.do_deeds(at)
    return fired
