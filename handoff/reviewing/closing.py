"""Close a period: fix the figures of its scorecard, and what they count. It is done once, in order, and for good."""

from collections.abc import Callable
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from handoff.models import Firm, PeriodClose
from handoff.refusals import FactsRefused, NotAllowed, Refused
from handoff.reports.fiscal import MONTH, FiscalPeriod, period_of
from handoff.reports.goals import goals_of
from handoff.reports.scorecard import LISTS
from handoff.reviewing.items import items_of
from handoff.reviewing.packing import Data, proposal_of, store
from leads.models import Role, User

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('handoff.closing'))"
_FIGURES = """
    SELECT figure, count(*) FROM handoff_closeditem, unnest(figures) figure WHERE close_id = %s GROUP BY figure
"""


class NotClosable(Refused):
    """The period is closed already, not over, or not the next one."""

    status = 409
    code = "not_closable"


def close(key: str, *, by: User) -> PeriodClose:
    """Close a month or a quarter within the call."""
    period = closable(key, by)
    return fix(period, proposal_of(period), by=by)


def closable(key: str, by: User) -> FiscalPeriod:
    """The period that somebody may close now."""
    if not by.has_role(Role.REVOPS):
        raise NotAllowed("You may not close a period: RevOps may.")
    firm = Firm.of_now()
    try:
        period = period_of(key, firm)
    except ValueError as error:
        raise FactsRefused(str(error), {"period": [str(error)]}) from error
    if complaint := obstacle(period, firm, timezone.now()):
        raise NotClosable(complaint)
    return period


def fix(
    period: FiscalPeriod, proposal: Data | None, *, by: User, also: Callable[[], object] = lambda: None
) -> PeriodClose:
    """Write all of a close in one transaction, and with it whatever says that it is done. What it counts is written
    first, and the figures are the counts of that. Of two at once the second is refused."""
    firm = Firm.of_now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME)
        now = timezone.now()
        if complaint := obstacle(period, firm, now):
            raise NotClosable(complaint)
        closed = _close(period, firm, now, by, proposal)
        also()
        return closed


def obstacle(period: FiscalPeriod, firm: Firm, now: datetime) -> str:
    """Why a period cannot be closed; empty if it can."""
    same = PeriodClose.objects.filter(key=period.key).select_related("closed_by").first()
    if same is not None:
        return f"{period.label} is closed: {same.closed_by} closed it on {same.closed_at:%d %B %Y}."
    _, end = period.bounds(firm.zone)
    if now < end:
        return f"{period.label} is not over: it can be closed from {end.astimezone(firm.zone):%d %B %Y} on."
    missing = _not_closed_before(period)
    return f"Close {missing.label} first." if missing else ""


def _not_closed_before(period: FiscalPeriod) -> FiscalPeriod | None:
    """The period that comes first; the first of all can be any, and a quarter comes after its months."""
    quarters = PeriodClose.objects.filter(key__contains="Q")
    same = quarters if period.months != MONTH else PeriodClose.objects.exclude(pk__in=quarters)
    keys = set(same.values_list("key", flat=True))
    before = period.moved(-1)
    if keys and before.key not in keys:
        return before if min(keys) < period.key else None
    if period.months != MONTH and not PeriodClose.objects.filter(key=period.last_month.key).exists():
        return period.last_month
    return None


def _close(period: FiscalPeriod, firm: Firm, now: datetime, by: User, proposal: Data | None) -> PeriodClose:
    start, end = period.bounds(firm.zone)
    closed = PeriodClose.objects.create(
        key=period.key,
        start=start,
        end=end,
        zone=firm.time_zone,
        closed_at=now,
        closed_by=by,
        figures={},
        goals=goals_of(period.months, start.astimezone(firm.zone).date()),
    )
    with connection.cursor() as cursor:
        for name in LISTS:
            items, values = items_of(name, closed, now)
            columns = "close_id, kind, item_id, lead_id, at, figures"
            cursor.execute(f"INSERT INTO handoff_closeditem ({columns}) {items}", values)
        cursor.execute(_FIGURES, [closed.pk])
        closed.figures = dict(cursor.fetchall())
    closed.save(update_fields=["figures"])
    store(closed, period, proposal)
    return closed
