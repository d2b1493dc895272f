"""The sweep: fire what is due and write what must be told of it, batch by batch; then do what is to be done."""

from datetime import datetime

from handoff import ladder
from handoff.alerts import fire_alarms

BATCH = 1000


def sweep(at: datetime | None = None, batch: int = BATCH) -> int:
    """Fire every alarm that is due, and return how many. Killed at any point, it leaves nothing half-done."""
    fired = 0
    while True:
        taken = fire_alarms(batch, at)
        fired += taken
        if taken < batch:
            break
    ladder.do_deeds(at)
    return fired
