"""Whoever is alive watches the others: what falls silent is told to RevOps, once when it does and once when it is back.

Beat and every web process look, each in a thread of its own. Workers do not: they do nothing unless beat wakes them.
"""

import time
from collections.abc import Callable
from datetime import datetime
from threading import Thread

import structlog
from django.db import Error, connection, transaction
from django.utils import timezone

from handoff.alerts import announce_notice, deliver_notices
from handoff.alerts.content import sentence
from handoff.engine import heartbeat
from handoff.engine.life import Silence, silences
from handoff.models import Incident, Part
from sla.durations import in_words

LOCK = 0x77617463
NAMES: dict[str, str] = {Part.BEAT: "beat", Part.WORKER: "the worker"}
SHORTEST, LONGEST = 0.5, 5.0  # seconds between two looks

log = structlog.get_logger(__name__)


def start(first: Callable[[], None] | None = None) -> None:
    """Watch in a thread, until the process ends. `first` is done before each look."""
    Thread(target=_watch, args=(first,), name="watch", daemon=True).start()


def look(at: datetime | None = None) -> None:
    """Note what has fallen silent and what is back, and tell RevOps. Any number of processes may look at once."""
    with transaction.atomic():
        if _is_first():
            _compare(silences(at), at or timezone.now())
    deliver_notices()


def interval() -> float:
    """Seconds between two looks: several before anything counts as silent."""
    return min(max(heartbeat.late_after().total_seconds() / 6, SHORTEST), LONGEST)


def _watch(first: Callable[[], None] | None) -> None:
    seen, awake_since = timezone.now(), timezone.now()
    while True:
        now = timezone.now()
        if now - seen > heartbeat.late_after():
            awake_since = now  # the machine itself slept: the others need a moment too
        seen = now
        try:
            if first:
                first()
            if now - awake_since > heartbeat.late_after():
                look()
        except Error as error:
            log.warning("watch_failed", error=f"{type(error).__name__}: {error}")
        except Exception:
            # Whatever it is, it must not end the watch.
            log.exception("watch_failed")
        finally:
            connection.close()
        time.sleep(interval())


def _is_first() -> bool:
    """Of several who look at the same time one is enough; the lock ends with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _compare(silent: list[Silence], now: datetime) -> None:
    parts = {silence.part for silence in silent}
    known = {incident.part: incident for incident in Incident.objects.filter(ended_at=None)}
    for silence in silent:
        if silence.part not in known:
            _begin(silence, now)
    for part, incident in known.items():
        if part not in parts:
            _end(incident, now)


def _begin(silence: Silence, now: datetime) -> None:
    incident = Incident.objects.create(
        part=silence.part, problem=silence.problem, last_sign_at=silence.last_sign_at, noticed_at=now
    )
    log.error("incident_began", part=silence.part, problem=silence.problem)
    announce_notice(
        f"incident {incident.pk} began",
        f"Handoff: {NAMES[silence.part]} is silent",
        f"{sentence(NAMES[silence.part])}: {silence.problem}.\n"
        "Until it runs again, alarms and messages wait. None is lost: each fires when it can, dated when it was due.",
        pierces=True,
    )


def _end(incident: Incident, now: datetime) -> None:
    incident.ended_at = now
    incident.save(update_fields=["ended_at"])
    log.warning("incident_ended", part=incident.part)
    gone = in_words(now - (incident.last_sign_at or incident.noticed_at))
    announce_notice(
        f"incident {incident.pk} ended",
        f"Handoff: {NAMES[incident.part]} is back",
        f"{sentence(NAMES[incident.part])} shows life again, after {gone}.\n"
        "What came due meanwhile is caught up with; warnings that a breach has overtaken are not sent.",
        pierces=True,
    )
