"""Acts on many clocks at once: each is a row, done clock by clock, and resumed by a worker if it is not finished."""

import time
from contextlib import suppress
from datetime import datetime

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import QuerySet

from handoff.alerts.leases import leased
from handoff.alerts.turns import GoOn, turn
from handoff.amending import applying, excusing
from handoff.doors import Door
from handoff.models import UNFINISHED, BulkAct, BulkKind, WorkState
from handoff.refusals import NotAllowed, Refused
from leads.models import Role, Team, User, Via
from sla.models import Clock, Policy

AT_ONCE = 200  # clocks that a request does itself
REQUEST_SECONDS = 20  # well below the patience of the web server; the rest is left to a worker
CHUNK = 50  # clocks read at a time; before each chunk the rights are checked again
LEASE = "bulk acts"
LEASE_SECONDS = 30
MOST_REFUSALS = 100  # whose words are kept; all are counted

log = structlog.get_logger(__name__)


class _Overtaken(Exception):
    """It was stopped, or another process has dealt with the clock already."""


def ask_to_apply(policy: Policy, *, by: User, reason: str, door: Door) -> BulkAct:
    """Write down that a version in force is to be applied to running clocks. While that goes on, it is one act."""
    wanted = {"kind": BulkKind.APPLY, "policy": policy}
    return _ask(wanted, applying.applicable(policy), by, reason, door)


def ask_to_excuse(
    start: datetime,
    end: datetime,
    *,
    metric: str = "",
    team: Team | None = None,
    owner: User | None = None,
    by: User,
    reason: str,
    door: Door,
) -> BulkAct:
    """Write down that the breaches of a period are to be excused: those that have happened by now."""
    wanted = {"kind": BulkKind.EXCUSE, "start": start, "end": end, "metric": metric, "team": team, "owner": owner}
    return _ask(wanted, excusing.breached(start, end, metric, team, owner), by, reason, door)


def run_at_once(act: BulkAct) -> None:
    """Do a small act within the request that asks for it, as far as that takes no longer than a request may."""
    if act.total > AT_ONCE:
        return
    with suppress(OperationalError):  # somebody holds a lead for long: a worker goes on from there
        _run(act, _until(REQUEST_SECONDS))
    act.refresh_from_db()


def run_in_turn() -> None:
    """Go on with what is unfinished, the oldest first, unless a worker is at it already. Beat calls it."""
    unfinished = list(BulkAct.objects.filter(state__in=UNFINISHED).order_by("pk")[:CHUNK])
    if not unfinished:
        return
    with turn(LEASE, LEASE_SECONDS) as go_on:
        if go_on is None:
            return
        for act in unfinished:
            _run(act, go_on)


def stop(act: BulkAct, *, by: User) -> bool:
    """Stop an act: what is done stays. False when it was finished already."""
    if not by.has_role(Role.REVOPS):
        raise NotAllowed("You may not stop a bulk act: RevOps may.")
    return act.finish(WorkState.STOPPED, f"{by} stopped it.")


def _ask(wanted: dict[str, object], clocks: QuerySet[Clock], by: User, reason: str, door: Door) -> BulkAct:
    if not by.has_role(Role.REVOPS):
        raise NotAllowed("You may not do this to many clocks at once: RevOps may.")
    asked = {"by": by, "reason": reason, "via": door.via, "request_id": door.request_id, "total": clocks.count()}
    act, _is_new = BulkAct.objects.get_or_create(**wanted, state__in=UNFINISHED, defaults=asked)
    return act


def _until(seconds: float) -> GoOn:
    ends_at = time.monotonic() + seconds
    return lambda: time.monotonic() < ends_at


def _run(act: BulkAct, go_on: GoOn) -> None:
    """Under a lease, so that a request and a worker do not do the same twice; that nothing is done twice is sure."""
    with leased(f"bulk act {act.pk}", LEASE_SECONDS) as renew:
        if renew:
            while _do_chunk(act, lambda: renew() and go_on()):
                pass


def _do_chunk(act: BulkAct, go_on: GoOn) -> bool:
    """Do some of its clocks; False when nothing more is to be done here."""
    if not go_on() or not act.begin():
        return False
    if hindrance := _hindrance(act):
        return not act.finish(WorkState.STOPPED, hindrance)
    chunk = list(_clocks(act).filter(pk__gt=act.cursor).order_by("pk")[:CHUNK])
    if not chunk:
        return not act.finish(WorkState.DONE)
    for clock in chunk:
        if not go_on():
            return False
        try:
            _do(act, clock)
        except _Overtaken:
            break  # begin again with what the row says now
    return True


def _hindrance(act: BulkAct) -> str:
    """Why it may not go on. Whoever asked for it may have lost the right meanwhile."""
    if not act.by.is_active or not act.by.has_role(Role.REVOPS):
        return f"{act.by} may no longer do this: RevOps may."
    if act.policy is not None and act.policy.retired_at is not None:
        return f"{act.policy} is no longer in force: apply the newest version."
    return ""


def _clocks(act: BulkAct) -> QuerySet[Clock]:
    """What is left of those that it was asked for."""
    if act.policy is not None:
        return applying.applicable(act.policy)
    assert act.start is not None  # noqa: S101 a constraint of the database
    assert act.end is not None  # noqa: S101
    return excusing.breached(act.start, min(act.end, act.created_at), act.metric, act.team, act.owner)


def _do(act: BulkAct, clock: Clock) -> None:
    """In one transaction with its progress: whoever is killed when, a clock is counted if and only if it was done."""
    with transaction.atomic():
        refusal = _attempt(act, clock)
        _advance(act, clock, refusal)


def _attempt(act: BulkAct, clock: Clock) -> str:
    """Do it; or say why not. One that fails is set aside with its error, and does not hold up the rest."""
    door = Door(via=Via(act.via), request_id=act.request_id)
    try:
        if act.policy is not None:
            applying.apply_to(clock, act.policy, by=act.by, reason=act.reason, door=door)
        else:
            excusing.excuse_clock(clock, by=act.by, reason=act.reason, door=door)
    except Refused as refusal:
        return refusal.message
    except (OperationalError, InterfaceError):
        raise  # the database is away, or somebody holds the lead: it is tried again from here
    except Exception as error:
        log.exception("bulk_act_failed", act=act.pk, clock=clock.pk)
        return f"It failed: {type(error).__name__}: {error}"
    return ""


def _advance(act: BulkAct, clock: Clock, refusal: str) -> None:
    """Write down how far it has come, provided that nobody else has: else what was just done is taken back."""
    act_now = BulkAct.objects.filter(pk=act.pk, state=WorkState.RUNNING, cursor=act.cursor)
    done, refused, refusals = act.done + (not refusal), act.refused + bool(refusal), act.refusals
    if refusal and len(refusals) < MOST_REFUSALS:
        refusals = [*refusals, [clock.lead_id, refusal]]
    if not act_now.update(cursor=clock.pk, done=done, refused=refused, refusals=refusals):
        raise _Overtaken
    act.cursor, act.done, act.refused, act.refusals = clock.pk, done, refused, refusals
