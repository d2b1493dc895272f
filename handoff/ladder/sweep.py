"""The sweep: fire what is due and write the messages about it, batch by batch; then do what is to be done."""

from datetime import datetime

from handoff.alerts import fire_alarms
from handoff.ladder import actions

BATCH = 1000


def sweep(at: datetime | None = None, batch: int = BATCH) -> int:
    """Fire every alarm that is due and do what is to be done; return how many fired.

    Those who wake up for it do the one without the other: actions take their time, and alarms must not wait.
    """
    fired = fire(at, batch)
    actions.run_actions(at)
    return fired


def fire(at: datetime | None = None, batch: int = BATCH, since: datetime | None = None) -> int:
    """Fire every alarm that is due, and return how many. Killed at any point, it leaves nothing half-done.

    With `since`, only what fell due after it: `handoff.ladder.sweeper` leaves the rest to the next sweep of all.
    """
    fired = 0
    while True:
        taken = fire_alarms(batch, at, since)
        fired += taken
        if taken < batch:
            return fired
