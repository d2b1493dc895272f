"""The promoter: a thread beside the sweeper that promotes a marked lead at once, where beat would look a second later.

It works in short turns, under the lease of the workers: many leads at a time are theirs, and without it a promotion is
late by a second, and nothing else.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Event, Thread

import structlog
from django.conf import settings
from django.db import Error, connection
from django.utils import timezone

from handoff.engine import outages
from handoff.ladder.listening import listen, sleep
from handoff.workflow import promotion

CHANNEL = "leads_candidate_due"
# Seconds asleep: the first leaves the lease to a worker that has more to do, the second bounds what it has missed.
SHORTEST, LONGEST = 0.1, 0.5
LAST_TURN = 5.0  # seconds that a program which ends waits for it: else its lease would hold up the workers

log = structlog.get_logger(__name__)


@contextmanager
def beside() -> Iterator[None]:
    """Let it run while something else does. Behind a pooler, which would not wake it, beat is as fast."""
    stopping = Event()
    thread = Thread(target=run, args=[stopping], name="promoter", daemon=True)
    if settings.DATABASE_IS_POOLED:
        yield
        return
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(LAST_TURN)


def run(stopping: Event) -> None:
    """Promote until it is to stop. Whatever goes wrong, the next try may work."""
    while not stopping.is_set():
        try:
            listen(CHANNEL)
            while not stopping.is_set():
                promotion.run_in_turn(lambda: not stopping.is_set(), promotion.SHARED_SECONDS)
                _sleep_until(promotion.next_due())
        except Error as error:
            outages.note("promoter", error)
        except Exception:
            log.exception("promoter_failed")
        connection.close()
        stopping.wait(LONGEST)


def _sleep_until(due_at: datetime | None) -> None:
    """Sleep until a moment, or until a lead is marked."""
    left = (due_at - timezone.now()).total_seconds() if due_at else LONGEST
    sleep(min(max(left, SHORTEST), LONGEST))
