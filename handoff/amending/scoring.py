"""Bring the scores of all leads up to date: once a day, as points fade, and when another model comes into force.

A run is a row, and goes on chunk by chunk from where it was: killed anywhere, no lead is left out.
"""

import time
from collections.abc import Callable
from datetime import timedelta

from django.db import OperationalError, connection, transaction
from django.utils import timezone
from psycopg.errors import DeadlockDetected

from handoff.alerts import worker
from handoff.alerts.leases import leased
from handoff.models import ScoringRun
from handoff.workflow.plain_facts import reevaluate_scored
from leads.models import Lead, ScoringModel
from leads.scoring import score_between

CHUNK = 5000  # leads scored in one transaction
EVERY = timedelta(days=1)
RUN_SECONDS = 30  # a run of a worker begins nothing after it; the next one goes on
SHARED_SECONDS = 0.5  # where one process does everything
LEASE, LEASE_SECONDS = "scores", 60
_ESTIMATE = "SELECT GREATEST(reltuples, 0)::bigint FROM pg_class WHERE oid = 'leads_lead'::regclass"
_LAST_OF_CHUNK = "SELECT max(id), count(*) FROM (SELECT id FROM leads_lead WHERE id > %s ORDER BY id LIMIT %s) chunk"
GoOn = Callable[[], bool]


class _Overtaken(Exception):
    """Another process has scored this chunk already."""


def score_in_turn() -> None:
    """Go on with the run that is due, unless another process is at it. Beat calls it."""
    if current() is None:
        return
    ends_at = time.monotonic() + (SHARED_SECONDS if worker.has_one_process() else RUN_SECONDS)
    with leased(LEASE, LEASE_SECONDS) as renew:
        if renew:
            score_all(lambda: renew() and time.monotonic() < ends_at and not worker.is_shutting_down())


def score_all(go_on: GoOn = lambda: True) -> ScoringRun | None:
    """Score until the run that is due is finished, or there is no more time; None where none is due."""
    run = current()
    while run is not None and run.finished_at is None and go_on():
        try:
            _do_chunk(run)
        except _Overtaken:
            run.refresh_from_db()
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected):
                raise
    return run


def current() -> ScoringRun | None:
    """The run that is due by the model in force: the unfinished one, or one that begins now; None when none is."""
    model = ScoringModel.active()
    if model is None:
        return None
    latest = ScoringRun.objects.filter(model=model).first()
    if latest is not None and latest.finished_at is not None and latest.started_at > timezone.now() - EVERY:
        return None
    if latest is not None and latest.finished_at is None:
        return latest
    run, _is_new = ScoringRun.objects.get_or_create(model=model, finished_at=None, defaults={"total": _about()})
    return run


@transaction.atomic
def _do_chunk(run: ScoringRun) -> None:
    """In one transaction with its progress. A run of a model that is no longer in force ends where it is."""
    if run.model != ScoringModel.active():
        return _advance(run, {"finished_at": timezone.now()})
    last, count = _chunk_after(run.cursor)
    if last is None:
        return _advance(run, {"finished_at": timezone.now()})
    changed = score_between(run.model, run.cursor, last, timezone.now())
    reevaluate_scored(sorted(changed))
    return _advance(run, {"cursor": last, "done": run.done + count, "changed": run.changed + len(changed)})


def _advance(run: ScoringRun, progress: dict[str, object]) -> None:
    """Write down how far it has come, provided that nobody else has: else what was just done is taken back."""
    still = ScoringRun.objects.filter(pk=run.pk, cursor=run.cursor, finished_at=None)
    if not still.update(**progress):
        raise _Overtaken
    for name, value in progress.items():
        setattr(run, name, value)


def _chunk_after(cursor: int) -> tuple[int | None, int]:
    with connection.cursor() as reading:
        reading.execute(_LAST_OF_CHUNK, [cursor, CHUNK])
        last, count = reading.fetchone()
    return last, count


def _about() -> int:
    """How many leads there are: counted where that is quick, else as the database estimates."""
    few = Lead.objects.order_by()[: CHUNK + 1].count()
    if few <= CHUNK:
        return few
    with connection.cursor() as cursor:
        cursor.execute(_ESTIMATE)
        return max(int(cursor.fetchone()[0]), few)
