"""Leads that slip through: nobody owns them, or nobody can be told of them."""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from handoff.alerts import announce_notice
from leads.models import SALES, Lead, LeadQuerySet, User
from sla.metrics import IN_SALES
from sla.models import Clock


class Leak(models.TextChoices):
    """Why a lead slips through. Each lead stands under one of them at most."""

    UNOWNED = "unowned", "Nobody owns them, and no clock of theirs is still to come due"
    OWNER_LEFT = "owner_left", "Their owner is inactive or no longer in sales"
    OWNER_UNREACHABLE = "owner_unreachable", "Their owner has no address to be told at"


ADVICE: dict[str, str] = {
    Leak.UNOWNED: "assign them, or give time to assign a policy that covers them",
    Leak.OWNER_LEFT: "assign them to somebody who is there",
    Leak.OWNER_UNREACHABLE: "give the owner an email address, or a Slack member id where Slack is set up",
}


def leaking(kind: Leak, now: datetime | None = None) -> LeadQuerySet:
    """The leads with sales that slip through for one reason, the longest waiting first."""
    open_leads = Lead.objects.filter(state__in=IN_SALES, merged_into=None)
    return _WHERE[kind](open_leads, now or timezone.now()).order_by("entered_at", "pk")


def counts(now: datetime | None = None) -> dict[Leak, int]:
    """How many leads slip through, for each reason."""
    return {kind: leaking(kind, now).count() for kind in Leak}


def tell(now: datetime | None = None) -> None:
    """Tell RevOps of each kind there is, once a day. Call it as often as you like."""
    today = (now or timezone.now()).date()
    for kind, count in counts(now).items():
        if count:
            announce_notice(
                f"{kind.value} on {today}",
                f"Handoff: leads that slip through: {count}",
                f"{in_words(kind, count)}. To do: {ADVICE[kind]}.\n"
                "The Engine page names them. You are told once a day, while there are any.",
            )


def in_words(kind: Leak, count: int) -> str:
    """Like `Open leads that slip through: 3. Their owner is inactive or no longer in sales`."""
    return f"Open leads that slip through: {count}. {kind.label}"


def _unowned(leads: LeadQuerySet, now: datetime) -> LeadQuerySet:
    """In the queue of a team with a clock that still runs is no leak: somebody is told when it is due."""
    watching = Clock.objects.filter(Q(due_at__gt=now) | Q(paused=True), lead=OuterRef("pk"), stopped_at=None)
    return leads.filter(~Exists(watching), owner=None)


def _owner_left(leads: LeadQuerySet, now: datetime) -> LeadQuerySet:  # noqa: ARG001 the same shape as the others
    here = User.objects.filter(is_active=True, groups__name__in=SALES)
    return leads.filter(owner__in=User.objects.exclude(pk__in=here.values("pk")))


def _owner_unreachable(leads: LeadQuerySet, now: datetime) -> LeadQuerySet:  # noqa: ARG001 the same shape as the others
    mute = User.objects.filter(is_active=True, groups__name__in=SALES, email="")
    if settings.SLACK_BOT_TOKEN:
        mute = mute.filter(slack_member_id="")
    return leads.filter(owner__in=mute)


_WHERE: dict[str, Callable[[LeadQuerySet, datetime], LeadQuerySet]] = {
    Leak.UNOWNED: _unowned,
    Leak.OWNER_LEFT: _owner_left,
    Leak.OWNER_UNREACHABLE: _owner_unreachable,
}
