"""Excuse all breaches of a period, such as an outage: each through the verb, so that its lead's history tells it."""

from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from handoff.doors import SHELL, Door
from handoff.refusals import FactsRefused
from handoff.workflow import excuse
from leads.models import User
from sla.models import Clock, ClockState


def breached(start: datetime, end: datetime, metric: str = "") -> QuerySet[Clock]:
    """The clocks whose breach lies in [start, end) and is not excused; those that run past due among them."""
    ended_late = Q(state=ClockState.BREACHED) | Q(stopped_at=None, due_at__lt=timezone.now())
    found = Clock.objects.filter(ended_late, excused_by=None, due_at__gte=start, due_at__lt=end)
    return (found.filter(metric=metric) if metric else found).select_related("lead", "policy").order_by("due_at", "pk")


def excuse_all(
    start: datetime, end: datetime, *, reason: str, by: User | None, metric: str = "", door: Door = SHELL
) -> int:
    """Excuse them one by one and return how many. Killed half-way, it is simply run again."""
    done = 0
    for clock_id, lead_id in list(breached(start, end, metric).values_list("pk", "lead_id")):
        try:
            excuse(lead_id, by=by, door=door, clock=clock_id, reason=reason)
            done += 1
        except FactsRefused:
            continue  # somebody has excused it meanwhile, or a touch told late has shown that it was none
    return done
