"""The sections of an inbox: which leads stand in each, in what order, and how many they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from handoff.console.frame.counting import MOST_COUNTED
from handoff.models import InboxEntry, LeadView
from leads.models import User

SOON = timedelta(hours=1)


class Section(models.TextChoices):
    """In the order of the page: what can still be kept stands first. A lead is in one of them."""

    SOON = "soon", "Due within the hour"
    NEW = "new", "New"
    TODAY = "today", "Due today"
    LATER = "later", "Later"
    OVERDUE = "overdue", "Overdue"


@dataclass(frozen=True)
class Moment:
    """Now, and until when a lead is due within the hour and due today: by the clock of whoever looks."""

    now: datetime

    @property
    def soon(self) -> datetime:
        return self.now + SOON

    @property
    def tomorrow(self) -> datetime:
        local = timezone.localtime(self.now)
        return (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def is_new_to(user: User) -> Q:
    """Its owner has not looked at it since it was given to them; in a queue it is whoever reads the list."""
    seen = LeadView.objects.filter(lead=OuterRef("lead"), user=user, at__gte=OuterRef("given_at"))
    return Q(is_new=True) & (Q(owner__isnull=False) | Q(~Exists(seen)))


def standing_in(section: str, user: User, at: Moment) -> list[Q]:
    """The entries of a section, as ranges of one index each. What is paused or has no due time waits in Later, unless
    it is overdue already."""
    is_held, is_new = Q(held_until__gt=at.now), is_new_to(user)
    start = max(at.soon, at.tomorrow)
    match section:
        case Section.OVERDUE:
            return [Q(next_due__lt=at.now)]
        case Section.SOON:
            return [Q(next_due__gte=at.now, next_due__lt=at.soon) & ~is_held]
        case Section.NEW:
            return [Q(next_due__gte=at.soon) & is_new & ~is_held, Q(next_due=None) & is_new & ~is_held]
        case Section.TODAY:
            return [Q(next_due__gte=at.soon, next_due__lt=start) & ~is_held & ~is_new]
    is_seen = is_held | ~is_new
    waiting = Q(next_due__gte=at.now, next_due__lt=start)
    return [Q(next_due__gte=start) & is_seen, Q(next_due=None) & is_seen, waiting & is_held]


def union(parts: Sequence[QuerySet[Any]], order: str, most: int) -> QuerySet[Any]:
    """The first of all parts of a list. Each is read by its own index, and of each no more than are wanted."""
    by = (order, "-lead_id" if order.startswith("-") else "lead_id")  # one way, as the index is read
    leads = [part.order_by(*by).values_list("lead_id", "next_due")[:most] for part in parts]
    return _united(leads).order_by(*by)[:most] if len(leads) > 1 else leads[0]


def order_of(section: str) -> str:
    """The most urgent first; of what is overdue, the longest last. Without a due time comes after all that have one."""
    return "-next_due" if section == Section.OVERDUE else "next_due"


def count(parts: Sequence[QuerySet[Any]], apart: int = 1) -> int:
    """How many, up to one more than is ever shown as a number. The first parts, so many, have no lead in common: where
    they alone have as many, no other is read."""
    leads = [part.order_by().values_list("lead_id")[: MOST_COUNTED + 1] for part in parts]
    number = _united(leads[:apart], all=True).count()
    if number <= MOST_COUNTED and leads[apart:]:
        number = _united(leads).count()
    return min(number, MOST_COUNTED + 1)


def _united(parts: Sequence[QuerySet[Any]], *, all: bool = False) -> QuerySet[Any]:  # noqa: A002 as Django has it
    first, *others = parts
    return first.union(*others, all=all) if others else first


def sample(parts: Sequence[QuerySet[Any]], columns: tuple[str, ...], most: int) -> set[tuple[Any, ...]]:
    """What occurs in these columns, among the first leads of each part."""
    rows = [part.order_by("next_due", "lead_id").values_list("lead_id", *columns)[:most] for part in parts]
    return {row[1:] for row in _united(rows, all=True)}


def mark_viewed(user: User, lead_id: int) -> None:
    """This person has looked at the lead, or worked on it: it is no longer new to them."""
    now = timezone.now()
    LeadView.objects.bulk_create(
        [LeadView(lead_id=lead_id, user=user, at=now)],
        update_conflicts=True,
        unique_fields=["lead", "user"],
        update_fields=["at"],
    )
    InboxEntry.objects.filter(lead=lead_id, owner=user, is_new=True).update(is_new=False, version=_NEXT_VERSION)


_NEXT_VERSION: Any = models.Func(
    models.Value("handoff_inbox_version"), function="nextval", output_field=models.BigIntegerField()
)
