"""Leads that slip through: no owner, no one who can be notified about them, or a forgotten promise."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from handoff.alerts import announce_notice
from handoff.engine import promises
from leads.lookups import AnyOf
from leads.models import SALES, Lead, LeadQuerySet, State, User
from sla.metrics import IN_SALES
from sla.models import Clock

MOST_COUNTED = 10_000
"""To know how many there are beyond it, all of them would have to be read."""
HELD_TOO_LONG = timedelta(days=7)
"""How long a lead may be on hold without an end before someone is reminded of it."""


class Leak(models.TextChoices):
    """Why a lead slips through. Of the reasons about owners, one at most holds for each lead."""

    UNOWNED = "unowned", "No owner, and no running clock that would alert anyone"
    OWNER_LEFT = "owner_left", "Their owner is inactive or no longer in sales"
    OWNER_UNREACHABLE = "owner_unreachable", "Their owner has no address for messages"
    RETURN_DUE = "return_due", "The date to contact the buyer again has come"
    HELD = "held", f"Their clocks have been on hold for more than {HELD_TOO_LONG.days} days, without an end"


ADVICE: dict[str, str] = {
    Leak.UNOWNED: "assign them, or give time to assign a policy that covers them",
    Leak.OWNER_LEFT: "assign them to someone available",
    Leak.OWNER_UNREACHABLE: "give the owner an email address, or a Slack member id where Slack is set up",
    Leak.RETURN_DUE: "promote or recycle them, or answer the rejection with retire",
    Leak.HELD: "resume them, or give the pause an end",
}


def leaking(kind: Leak, now: datetime | None = None) -> LeadQuerySet:
    """The leads that slip through for one reason, the longest waiting first."""
    leads = Lead.objects.filter(merged_into=None)
    return _WHERE[kind](leads, now or timezone.now()).order_by("entered_at", "pk")


def counts(now: datetime | None = None) -> dict[Leak, int]:
    """How many leads slip through, for each reason, up to one more than are counted."""
    return {kind: leaking(kind, now).order_by().values("pk")[: MOST_COUNTED + 1].count() for kind in Leak}


def tell(now: datetime | None = None) -> None:
    """Notify whoever made a promise that has come due, once; and RevOps of each kind there is, once a day.

    Call it as often as you like.
    """
    now = now or timezone.now()
    for kind, count in counts(now).items():
        if not count:
            continue
        if kind in _REMINDERS:
            promises.remind(leaking(kind, now), _REMINDERS[kind])
        announce_notice(
            f"{kind.value} on {now.date()}",
            f"Handoff: leads that slip through: {shown(count)}",
            f"{in_words(kind, count)}. To do: {ADVICE[kind]}.\n"
            "The Engine page names them. This message comes once a day, while there are any.",
        )


def in_words(kind: Leak, count: int) -> str:
    """Like `Open leads that slip through: 3. Their owner is inactive or no longer in sales`."""
    return f"Open leads that slip through: {shown(count)}. {kind.label}"


def shown(count: int) -> str:
    """Like `12`, or `more than 10,000`, which is as far as they are counted."""
    return str(count) if count <= MOST_COUNTED else f"more than {MOST_COUNTED:,}"


def _unowned(leads: LeadQuerySet, now: datetime) -> LeadQuerySet:
    """In the queue of a team with a clock that still runs is not a leak: someone is notified when it is due."""
    watching = Clock.objects.filter(Q(due_at__gt=now) | Q(paused=True), lead=OuterRef("pk"), stopped_at=None)
    return leads.filter(~Exists(watching), owner=None, state__in=IN_SALES)


def _owner_left(leads: LeadQuerySet, now: datetime) -> LeadQuerySet:  # noqa: ARG001 the same shape as the others
    here = User.objects.filter(is_active=True, groups__name__in=SALES)
    return _of(leads, User.objects.exclude(pk__in=here.values("pk")))


def _owner_unreachable(leads: LeadQuerySet, now: datetime) -> LeadQuerySet:  # noqa: ARG001 the same shape as the others
    mute = User.objects.filter(is_active=True, groups__name__in=SALES, email="")
    if settings.SLACK_BOT_TOKEN:
        mute = mute.filter(slack_member_id="")
    return _of(leads, mute)


def _of(leads: LeadQuerySet, owners: QuerySet[User]) -> LeadQuerySet:
    """By an array, which the index of the owners is read for; for a join all leads would be."""
    return leads.filter(Q(AnyOf(F("owner"), ArraySubquery(owners.values("pk")))), state__in=IN_SALES)


def _return_due(leads: LeadQuerySet, now: datetime) -> LeadQuerySet:
    """Recycled, or rejected for now. Someone who promotes or retires the lead clears the date."""
    return leads.filter(reenter_on__lte=now.date(), state__in=(State.RAW, State.REJECTED))


def _held(leads: LeadQuerySet, now: datetime) -> LeadQuerySet:
    clocked = (*IN_SALES, State.REJECTED)
    return leads.filter(paused_at__lte=now - HELD_TOO_LONG, paused_until=None, state__in=clocked)


_WHERE: dict[str, Callable[[LeadQuerySet, datetime], LeadQuerySet]] = {
    Leak.UNOWNED: _unowned,
    Leak.OWNER_LEFT: _owner_left,
    Leak.OWNER_UNREACHABLE: _owner_unreachable,
    Leak.RETURN_DUE: _return_due,
    Leak.HELD: _held,
}
_REMINDERS: dict[str, Callable[[Lead], promises.Reminder]] = {
    Leak.RETURN_DUE: promises.of_return,
    Leak.HELD: promises.of_hold,
}
