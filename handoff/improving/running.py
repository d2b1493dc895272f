"""Replays as long work: each is a row, counted span by span of its period, and resumed by a worker if not finished.

What was counted of two spans only adds up, so that it does not matter where a replay was cut, or who was killed when.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import structlog
from django.db import Error, InterfaceError, OperationalError
from django.db.models import F, QuerySet
from django.utils import timezone

from handoff.alerts.leases import leased
from handoff.alerts.turns import GoOn, turn
from handoff.improving.cases import Filter
from handoff.improving.replay import Replay, Row, counted, gathered
from handoff.models import UNFINISHED, Handoff, ReplayRun, WorkState
from handoff.refusals import NotAllowed
from leads.models import Definition, User

CHUNK = 100_000  # handoffs counted in one statement: each reads what was won and rejected as well
AT_ONCE = 50_000  # handoffs that a request replays itself: a second or two
LEASE, LEASE_SECONDS = "replays", 240  # as long as a worker's statement may take
KEPT = timedelta(days=90)

log = structlog.get_logger(__name__)


class _Overtaken(Exception):
    """Another process has counted this span already."""


def ask(definition: Definition, chosen: Filter, *, by: User) -> tuple[ReplayRun, bool]:
    """Write down that a definition is to be replayed as it is now. While that goes on, it is one run: is it new?"""
    if not by.roles:
        raise NotAllowed("You may not replay a definition: whoever has a role may.")
    ReplayRun.objects.filter(finished_at__lt=timezone.now() - KEPT).delete()
    defaults = {"criteria": definition.criteria, "by": by, "total": _handoffs(chosen).count()}
    wanted = {"definition": definition, "digest": definition.digest, **_period(chosen)}
    return ReplayRun.objects.get_or_create(**wanted, state__in=UNFINISHED, defaults=defaults)


def latest(definition: Definition, chosen: Filter) -> ReplayRun | None:
    """The last one that was asked for of these handoffs, be it that the draft was edited since."""
    runs = ReplayRun.objects.filter(definition=definition, **_period(chosen))
    return runs.select_related("definition").first()


def result(run: ReplayRun) -> Replay | None:
    """What came out, once it is done."""
    return gathered(run.criteria, _rows(run.tallies)) if run.state == WorkState.DONE else None


def run_at_once(run: ReplayRun) -> None:
    """Do a small one within the request that asks for it."""
    if not run.is_unfinished or run.total > AT_ONCE:
        return
    with suppress(OperationalError):  # the database has no time for it: a worker goes on from there
        _run(run, lambda: True)
    run.refresh_from_db()


def run_in_turn() -> None:
    """Go on with what is unfinished, the oldest first, unless a worker is at it already. Beat calls it."""
    unfinished = list(ReplayRun.objects.filter(state__in=UNFINISHED).order_by("pk")[:50])
    if not unfinished:
        return
    with turn(LEASE, LEASE_SECONDS) as go_on:
        if go_on is None:
            return
        for run in unfinished:
            _run(run, go_on)


def _run(run: ReplayRun, go_on: GoOn) -> None:
    """Under a lease, so that a request and a worker do not count the same; that nothing counts twice is sure."""
    with leased(f"replay {run.pk}", LEASE_SECONDS) as renew:
        while renew and renew() and go_on() and _begin(run):
            try:
                _do_chunk(run)
            except _Overtaken:
                continue  # with what the row says now
            except (OperationalError, InterfaceError):
                raise  # the database is away, or has no time: it is tried again from here
            except (Error, LookupError, ValueError) as error:  # as a fact that was taken out since it was drafted
                log.exception("replay_failed", run=run.pk)
                run.finish(WorkState.STOPPED, f"It failed: {type(error).__name__}: {error}")


def _begin(run: ReplayRun) -> bool:
    """Read the row as it stands now. False when it is finished, or whoever asked for it may no longer."""
    if not run.begin():
        return False
    if run.by.is_active and run.by.roles:
        return True
    return not run.finish(WorkState.STOPPED, f"{run.by} may no longer do this.")


def _do_chunk(run: ReplayRun) -> None:
    """Count the next span, and write down what it adds; after the last one that is the end."""
    chosen = Filter(run.cursor or run.start, run.end, run.campaign or None, run.source or None)
    until = _end_of_chunk(chosen)
    rows = counted(run.criteria, replace(chosen, end=until) if until else chosen)
    progress: dict[str, Any] = {"tallies": _added(_rows(run.tallies), rows)}
    if until:
        progress |= {"cursor": until, "done": min(run.done + CHUNK, run.total)}
    else:
        progress |= {"state": WorkState.DONE, "finished_at": timezone.now(), "done": F("total")}
    if not ReplayRun.objects.filter(pk=run.pk, state=WorkState.RUNNING, cursor=run.cursor).update(**progress):
        raise _Overtaken
    run.refresh_from_db()


def _end_of_chunk(chosen: Filter) -> datetime | None:
    """The moment before which there is a chunk of handoffs; None where no more are left than that.

    At one moment there may be many, as after an import: they are counted together.
    """
    moments = _handoffs(chosen).order_by("offered_at").values_list("offered_at", flat=True)
    first, after = moments.first(), moments[CHUNK : CHUNK + 1].first()
    if after is None or first is None or after > first:
        return after
    return moments.filter(offered_at__gt=first).first()


def _handoffs(chosen: Filter) -> QuerySet[Handoff]:
    """Those of the period, whatever their campaign and source, which no index finds."""
    handoffs = Handoff.objects.order_by()
    if chosen.start:
        handoffs = handoffs.filter(offered_at__gte=chosen.start)
    return handoffs.filter(offered_at__lt=chosen.end) if chosen.end else handoffs


def _period(chosen: Filter) -> dict[str, Any]:
    narrowed = {"campaign": chosen.campaign or "", "source": chosen.source or ""}
    return {"start": chosen.start, "end": chosen.end, **narrowed}


def _rows(tallies: Iterable[Sequence[Any]]) -> list[Row]:
    return [Row._make([*alike, n, None if amount is None else Decimal(amount)]) for *alike, n, amount in tallies]


def _added(before: Iterable[Row], rows: Iterable[Row]) -> list[list[Any]]:
    """As JSON holds them, in an order that does not depend on where the period was cut."""
    total: dict[tuple[Any, ...], tuple[int, Decimal | None]] = {}
    for *alike, handoffs, amount in (*before, *rows):
        n, sum_ = total.get(tuple(alike), (0, None))
        total[tuple(alike)] = n + handoffs, sum_ if amount is None else (sum_ or Decimal(0)) + amount
    ordered = sorted(total.items(), key=lambda each: [str(part) for part in each[0]])
    return [[*alike, n, None if sum_ is None else str(sum_)] for alike, (n, sum_) in ordered]
