"""The sweeper: a process that fires alarms the moment they are due, where beat would look a second later.

It sleeps until the next alarm is due, and is woken when an earlier one is written. It looks at the last moments only:
whatever it misses, by a crash, a lock or a broken connection, the sweep that beat wakes every second fires. So without
it alarms are late by a second, and nothing else.
"""

import time
from datetime import datetime, timedelta

from django.db import Error, connection
from django.utils import timezone

from handoff.alerts.leases import leased
from handoff.engine import outages
from handoff.ladder.listening import listen, sleep
from handoff.ladder.sweep import fire
from sla.alarms import CHANNEL, next_due

LEASE = "sweeper"
LEASE_SECONDS = 10  # after which another takes over from one that is frozen
# Longer than a verb holds the alarms of its lead, and than it takes to succeed a sweeper that is frozen.
RECENT = timedelta(seconds=2 * LEASE_SECONDS)
SHORTEST, LONGEST = 0.01, 1.0  # seconds asleep: the first gathers what falls due together, the second bounds a stop


def run() -> None:
    """Sweep until the process is stopped. Any number may run: one sweeps, and the next takes over when it dies."""
    while True:
        try:
            with leased(LEASE, LEASE_SECONDS) as renew:
                if renew:
                    listen(CHANNEL)
                    while renew():
                        _sweep_and_sleep()
        except Error as error:
            # Whatever the matter is, away, full, read-only or in the middle of a migration: the next try may work.
            outages.note("sweeper", error)
            connection.close()
        time.sleep(LONGEST)


def _sweep_and_sleep() -> None:
    begun = time.monotonic()
    fire(since=timezone.now() - RECENT)
    left = SHORTEST - (time.monotonic() - begun)
    if left > 0:
        time.sleep(left)
    _sleep_until(next_due(timezone.now() - RECENT))


def _sleep_until(due_at: datetime | None) -> None:
    """Sleep until a moment, or until an alarm is written that may be due before it."""
    seconds = min((due_at - timezone.now()).total_seconds(), LONGEST) if due_at else LONGEST
    sleep(seconds)
