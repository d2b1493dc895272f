"""Excuse all breaches of a period, such as an outage: each through the verb, so that its lead's history tells it."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from handoff.doors import SHELL, Door
from handoff.refusals import FactsRefused
from handoff.workflow import excuse
from leads.models import Team, User
from sla.models import Clock, ClockState

CHUNK = 500


def breached(
    start: datetime, end: datetime, metric: str = "", team: Team | None = None, owner: User | None = None
) -> QuerySet[Clock]:
    """The clocks whose breach is in [start, end) and is not excused; those that run past due among them.

    With a team or an owner, only the clocks that were theirs.
    """
    ended_late = Q(state=ClockState.BREACHED) | Q(stopped_at=None, due_at__lt=timezone.now())
    clocks = Clock.objects.filter(ended_late, excused_by=None, due_at__gte=start, due_at__lt=end)
    wanted = {"metric": metric, "team": team, "owner": owner}
    narrowed = clocks.filter(**{name: value for name, value in wanted.items() if value})
    return narrowed.select_related("lead", "policy").order_by("due_at", "pk")


def excuse_clock(clock: Clock, *, by: User | None, reason: str, door: Door) -> None:
    excuse(clock.lead_id, by=by, door=door, clock=clock.pk, reason=reason)


def excuse_each(breaches: QuerySet[Clock], *, reason: str, by: User | None, door: Door = SHELL) -> Iterator[bool]:
    """Excuse them one by one, and say of each whether it was. Killed half-way, it is simply run again."""
    last, clocks = 0, breaches.order_by("pk")
    while chunk := list(clocks.filter(pk__gt=last)[:CHUNK]):
        for clock in chunk:
            try:
                excuse_clock(clock, by=by, reason=reason, door=door)
            except FactsRefused:
                yield False  # it was excused in the meantime, or a touch logged late has shown that it was no breach
            else:
                yield True
        last = chunk[-1].pk


def excuse_all(
    start: datetime, end: datetime, *, reason: str, by: User | None, metric: str = "", door: Door = SHELL
) -> int:
    """Excuse them all, and say how many were."""
    return sum(excuse_each(breached(start, end, metric), reason=reason, by=by, door=door))
