"""A close that takes longer than a request may: it is written down, and a worker resumes it until it is whole.

First the finder looks for the best proposal, which takes longest and is kept; then all of the close is written in one
transaction. Whoever is killed when, a period is closed as a whole or not at all.
"""

from contextlib import suppress

import structlog
from django.db import InterfaceError, OperationalError

from handoff.alerts import worker
from handoff.alerts.leases import leased
from handoff.models import UNFINISHED, Firm, Handoff, PeriodClosing, WorkState
from handoff.refusals import NotAllowed, Refused
from handoff.reports.fiscal import FiscalPeriod, period_of
from handoff.reviewing.closing import closable, fix
from handoff.reviewing.packing import proposal_of
from leads.models import User

AT_ONCE = 200
"""Of so many handoffs a request closes a period itself."""
LEASE_SECONDS = 120
"""As long as a step takes at most: a second worker would do it in vain, and nothing would be done twice."""
STEPS = 2

log = structlog.get_logger(__name__)


def ask(key: str, *, by: User) -> PeriodClosing:
    """Write down that a period is to be closed. While that goes on, whoever asks again is shown the same."""
    period = closable(key, by)
    closing, _is_new = PeriodClosing.objects.get_or_create(key=period.key, state__in=UNFINISHED, defaults={"by": by})
    return closing


def run_at_once(closing: PeriodClosing) -> None:
    """Close a small period within the request that asks for it."""
    start, end = period_of(closing.key, firm := Firm.of_now()).bounds(firm.zone)
    offered = Handoff.objects.filter(offered_at__gte=start, offered_at__lt=end)
    if offered[: AT_ONCE + 1].count() <= AT_ONCE:
        with suppress(OperationalError):  # the database is busy: a worker goes on from there
            _run(closing)
    closing.refresh_from_db()


def run_in_turn() -> None:
    """Go on with what is unfinished, unless a worker is at it already. Beat calls it."""
    for closing in PeriodClosing.objects.filter(state__in=UNFINISHED).order_by("pk"):
        _run(closing)


def latest(key: str) -> PeriodClosing | None:
    """How far the close of a period has come that was asked for last."""
    return PeriodClosing.objects.filter(key=key).select_related("by").first()


def progress(closing: PeriodClosing) -> tuple[int, str]:
    """The steps that are done, and what goes on."""
    if closing.state == WorkState.DONE:
        return STEPS, "The period is closed."
    if closing.state == WorkState.STOPPED:
        return 0, closing.note
    if closing.has_proposal:
        return 1, "The figures of the scorecard and what they count are written."
    return 0, "The finder looks for the best proposal of the review."


def _run(closing: PeriodClosing) -> None:
    with leased(f"close {closing.key}", LEASE_SECONDS) as renew:
        while renew and not worker.is_shutting_down() and renew() and closing.begin():
            _do_step(closing)


def _do_step(closing: PeriodClosing) -> None:
    """Do the next step; or say why it cannot be done. Whoever asked for it may have lost the right meanwhile."""
    try:
        period = _period(closing)
        if not closing.has_proposal:
            running = PeriodClosing.objects.filter(pk=closing.pk, state=WorkState.RUNNING)
            running.update(proposal=proposal_of(period), has_proposal=True)
        else:
            fix(period, closing.proposal, by=closing.by, also=lambda: closing.finish(WorkState.DONE))
    except Refused as refusal:
        closing.finish(WorkState.STOPPED, refusal.message)
    except (OperationalError, InterfaceError):
        raise  # the database is away: it is tried again from here
    except Exception as error:
        log.exception("closing_failed", period=closing.key)
        closing.finish(WorkState.STOPPED, f"It failed: {type(error).__name__}: {error}")


def _period(closing: PeriodClosing) -> FiscalPeriod:
    if not closing.by.is_active:
        raise NotAllowed(f"{closing.by} may no longer close a period: RevOps may.")
    return closable(closing.key, closing.by)
