"""What waits on whom, most urgent first."""

from datetime import datetime

from django.db.models import Exists, F, OuterRef, Prefetch, Q, Subquery
from django.utils import timezone

from handoff.console.leads.answering import unanswered
from handoff.console.leads.inbox_list import InboxList, first_scope
from handoff.console.leads.sections import Section
from handoff.workflow.rights import WITH_SALES
from leads.models import MARKETING, SALES, Lead, LeadQuerySet, Role, User
from sla.models import Clock
from sla.standing import with_warning

RUNNING = Clock.objects.filter(stopped_at=None)
FIRST_DUE = F("next_due").asc(nulls_last=True)


def with_clocks(leads: LeadQuerySet) -> LeadQuerySet:
    """The leads with `next_due`, the first moment that a running clock is due, and their `running_clocks`."""
    running = RUNNING.filter(lead=OuterRef("pk")).order_by("due_at")
    clocks = Prefetch("clocks", with_warning(RUNNING).order_by("due_at"), to_attr="running_clocks")
    return leads.annotate(next_due=Subquery(running.values("due_at")[:1])).prefetch_related(clocks)


def is_clocked() -> Exists:
    """A clock runs, held or not."""
    return Exists(RUNNING.filter(lead=OuterRef("pk")))


def is_paused(now: datetime | None = None) -> Q:
    """The same as Lead.is_paused asks of one."""
    return Q(paused_at__isnull=False) & (Q(paused_until=None) | Q(paused_until__gt=now or timezone.now()))


def with_sales(leads: LeadQuerySet) -> LeadQuerySet:
    return leads.filter(state__in=WITH_SALES, merged_into=None)


def own(user: User) -> LeadQuerySet:
    return with_sales(Lead.objects.filter(owner=user))


def queue(user: User) -> LeadQuerySet:
    """What waits unowned for somebody of the user's teams to take it."""
    return with_sales(Lead.objects.filter(owner=None, team__in=user.team_ids))


def of_teams(user: User) -> LeadQuerySet:
    return with_sales(Lead.objects.filter(Q(team__in=user.team_ids) | Q(owner__team__in=user.team_ids)))


def due_to(user: User) -> LeadQuerySet:
    """What a salesperson answers for: a rep for their own leads, a manager for those of their teams."""
    return of_teams(user) if user.has_role(Role.SALES_MANAGER) else own(user)


def counts(user: User) -> dict[str, int]:
    """How many leads wait on a salesperson, and how many of them are overdue; no more than a page says are counted."""
    listing = InboxList(user, first_scope(user))
    return {"waiting": listing.count(), "overdue": listing.count_of(Section.OVERDUE)}


def next_lead(user: User, after: Lead) -> Lead | None:
    """The lead to go on with after the one just dealt with: what can still be kept stands first."""
    if user.has_role(*SALES):
        listing = InboxList(user, first_scope(user))
        first = (pk for name in Section.values for pk, _due in listing.section(name, 2))
        following = next((pk for pk in first if pk != after.pk), None)
        return Lead.objects.filter(pk=following).first() if following else None
    if user.has_role(*MARKETING):
        rejection = unanswered().exclude(lead=after).select_related("lead").order_by("at").first()
        return rejection.lead if rejection else None
    return None
