"""A worker's turn at long work: for so long it goes on, and the next turn resumes."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from handoff.alerts import worker
from handoff.alerts.leases import leased

RUN_SECONDS = 30  # a turn begins nothing after it; the next one goes on
SHARED_SECONDS = 0.5  # where one process does everything
GoOn = Callable[[], bool]


@contextmanager
def turn(lease: str, lease_seconds: int) -> Iterator[GoOn | None]:
    """Whether to go on, asked between two steps; None while another worker has its turn."""
    ends_at = time.monotonic() + (SHARED_SECONDS if worker.has_one_process() else RUN_SECONDS)
    with leased(lease, lease_seconds) as renew:
        yield ((lambda: renew() and time.monotonic() < ends_at and not worker.is_shutting_down()) if renew else None)
