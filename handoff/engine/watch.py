"""Whoever is alive watches the others: RevOps is notified once when a part falls silent, and once when it is back.

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
from handoff.engine import heartbeat, outages
from handoff.engine.backlog import stuck
from handoff.engine.life import Silence, silences
from handoff.models import Incident, Part
from sla.durations import in_words

LOCK = 0x77617463
NAMES: dict[str, str] = {Part.BEAT: "beat", Part.WORKER: "the worker", Part.OUTBOX: "the outbox"}
BEGINS = {Part.OUTBOX: "messages are not being sent"}
ENDS = {Part.OUTBOX: "messages are being sent again"}
ADVICE = {Part.OUTBOX: "The page Deliveries shows the last error of each. None is lost: each is sent when it can be."}
SILENT = "Until it runs again, alarms and messages wait. None is lost: each fires when it can, dated when it was due."
CAUGHT_UP = "Alarms that came due in the meantime are being sent; warnings that a breach has overtaken are not."
SHORTEST, LONGEST = 0.5, 5.0  # seconds between two looks

log = structlog.get_logger(__name__)


def start(first: Callable[[], None] | None = None) -> None:
    """Watch in a thread, until the process ends. `first` is done before each look."""
    Thread(target=_watch, args=(first,), name="watch", daemon=True).start()


def look(at: datetime | None = None) -> None:
    """Note what has fallen silent and what is back, and tell RevOps. Any number of processes may look at once."""
    with transaction.atomic():
        if _is_first():
            _compare(_troubles(at), at or timezone.now())
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
            outages.note("watch", error)
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


def _troubles(at: datetime | None) -> list[Silence]:
    outbox = stuck(at or timezone.now())
    return [*silences(at), *([outbox] if outbox else [])]


def _compare(silent: list[Silence], now: datetime) -> None:
    parts = {silence.part for silence in silent}
    open_incidents = {incident.part: incident for incident in Incident.objects.filter(ended_at=None)}
    for silence in silent:
        if silence.part not in open_incidents:
            _begin(silence, now)
    for part, incident in open_incidents.items():
        if part not in parts:
            _end(incident, now)


def _begin(silence: Silence, now: datetime) -> None:
    incident = Incident.objects.create(
        part=silence.part, problem=silence.problem, last_sign_at=silence.last_sign_at, noticed_at=now
    )
    log.error("incident_began", part=silence.part, problem=silence.problem)
    name, part = NAMES[silence.part], silence.part
    announce_notice(
        f"incident {incident.pk} began",
        f"Handoff: {BEGINS.get(part, f'{name} is silent')}",
        f"{sentence(name)}: {silence.problem}.\n{ADVICE.get(part, SILENT)}",
        pierces=True,
    )


def _end(incident: Incident, now: datetime) -> None:
    incident.ended_at = now
    incident.save(update_fields=["ended_at"])
    log.warning("incident_ended", part=incident.part)
    gone = in_words(now - (incident.last_sign_at or incident.noticed_at))
    name, part = NAMES[incident.part], Part(incident.part)
    announce_notice(
        f"incident {incident.pk} ended",
        f"Handoff: {ENDS.get(part, f'{name} is back')}",
        f"{sentence(name)} shows life again, after {gone}.\n{CAUGHT_UP}",
        pierces=True,
    )
