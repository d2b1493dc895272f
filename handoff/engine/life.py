"""Is beat alive, are the workers? Each is judged by its own signs of life."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from handoff.engine import heartbeat
from handoff.models import Heartbeat, Part
from sla.durations import in_words

PROGRAMS = (Part.BEAT, Part.WORKER)


@dataclass(frozen=True)
class Silence:
    """A part of the engine that shows no life, and what to do."""

    part: Part
    last_sign_at: datetime | None
    problem: str


def silences(at: datetime | None = None, signs: dict[str, Heartbeat] | None = None) -> list[Silence]:
    """The parts that show no life.

    A worker is idle while beat does not wake it, so it is judged by the time in which beat lived: whoever did nothing
    then is silent. So a dead beat is not taken for a dead worker, nor the other way round.
    """
    now, signs = at or timezone.now(), heartbeat.signs() if signs is None else signs
    beat = signs.get(heartbeat.BEAT)
    candidates = [_beat(beat, now), _worker(signs, beat, now)]
    return [silence for silence in candidates if silence]


def _beat(beat: Heartbeat | None, now: datetime) -> Silence | None:
    if beat is None:
        return Silence(Part.BEAT, None, "it never ran: start celery beat")
    gone = now - beat.at
    if gone <= heartbeat.late_after():
        return None
    problem = f"its last sign of life was {_ago(gone)}, and nothing wakes the workers: start celery beat"
    return Silence(Part.BEAT, beat.at, problem)


def _worker(signs: dict[str, Heartbeat], beat: Heartbeat | None, now: datetime) -> Silence | None:
    """Each job counts: a worker that sweeps and delivers nothing notifies no one."""
    if beat is None:
        return None  # nothing has ever woken them
    for job in heartbeat.JOBS:
        sign = signs.get(job)
        if sign is None:
            return Silence(Part.WORKER, None, f"no {job} ever ran: start a celery worker")
        if min(now, beat.at) - max(sign.at, beat.since) > heartbeat.late_after():
            problem = f"the last {job} ran {_ago(now - sign.at)}, though beat asks for it: look at the celery worker"
            return Silence(Part.WORKER, sign.at, problem)
    return None


def _ago(gone: timedelta) -> str:
    return f"{in_words(gone)} ago"
