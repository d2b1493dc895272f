"""Beat: Celery's own scheduler, which besides shows that it lives and watches the workers."""

import time
from typing import Any

from celery.beat import Scheduler as CeleryScheduler

from handoff.engine import heartbeat


class Scheduler(CeleryScheduler):
    """A thread gives its sign of life, so that a database that hangs holds no wake-up back; but only while it ticks."""

    ticked: float | None = None

    def tick(self, *args: Any, **kwargs: Any) -> float:
        if self.ticked is None:
            self._start_watch()
        self.ticked = time.monotonic()
        return float(super().tick(*args, **kwargs))

    def _start_watch(self) -> None:
        from handoff.engine import watch  # noqa: PLC0415 it needs Django, which is not set up when Celery finds this

        watch.start(self._live)

    def _live(self) -> None:
        if self.ticked is not None and time.monotonic() - self.ticked < heartbeat.late_after().total_seconds() / 2:
            heartbeat.beat(heartbeat.BEAT)
