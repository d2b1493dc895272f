"""Signs of life: written by beat and by the periodic jobs, read by readiness."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from handoff.models import Heartbeat

BEAT = "beat"  # written by the beat process itself, not by what it wakes
JOBS = ("sweep", "deliver")  # written by a worker when the job has run to its end
NAMES = (BEAT, *JOBS)

_WRITE = """
    INSERT INTO handoff_heartbeat (name, at, since) VALUES (%(name)s, %(at)s, %(at)s)
    ON CONFLICT (name) DO UPDATE SET
        at = EXCLUDED.at,
        since = CASE WHEN handoff_heartbeat.at < %(at)s - make_interval(secs => %(gap)s)
            THEN EXCLUDED.at ELSE handoff_heartbeat.since END
"""


def late_after() -> timedelta:
    """Who has shown no life for longer counts as silent."""
    return timedelta(seconds=settings.BEAT_LATE_SECONDS)


def beat(name: str) -> None:
    """Note that a process lives, or that a periodic job ran to its end, just now."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, {"name": name, "at": timezone.now(), "gap": settings.BEAT_LATE_SECONDS})


def each_second(name: str) -> Callable[[], None]:
    """What a job that runs for long calls as often as it likes: it notes that the job lives, once a second."""
    last = 0.0

    def show_life() -> None:
        nonlocal last
        if time.monotonic() - last >= 1:
            last = time.monotonic()
            beat(name)

    return show_life


def signs() -> dict[str, Heartbeat]:
    """The last sign of each, by its name; whoever never gave one is not in it."""
    return {sign.name: sign for sign in Heartbeat.objects.filter(name__in=NAMES)}


def age(name: str, at: datetime | None = None) -> timedelta | None:
    """How long ago the last sign of one was; None when it never gave any."""
    last = Heartbeat.objects.filter(name=name).first()
    return (at or timezone.now()) - last.at if last else None
