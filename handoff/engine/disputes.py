"""A dispute that is overdue: the arbiters are notified once, where no alarm has notified them already."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from handoff.alerts import about_lead
from handoff.models import Audience, Delivery, Dispute, Notice, StandardKind
from leads.models import Role
from sla.metrics import Metric
from sla.models import Clock


def tell(now: datetime | None = None) -> None:
    """Notify the arbiters of each clock that has run out. Call it as often as you like; killed, it goes on later."""
    for clock in _overdue(now or timezone.now()):
        with transaction.atomic():
            _announce(clock)


def _key(clock: Clock) -> str:
    return f"dispute overdue, clock {clock.pk}"


def _overdue(now: datetime) -> list[Clock]:
    """Those of which RevOps has not heard by an alarm. There are as many as open disputes at most."""
    heard = Delivery.objects.filter(
        alarm__clock=OuterRef("pk"), alarm__due_at__gte=OuterRef("due_at"), recipient__groups__name=Role.REVOPS
    )
    running: QuerySet[Clock] = Clock.objects.filter(metric=Metric.TIME_TO_DECIDE, stopped_at=None, due_at__lte=now)
    clocks = list(running.filter(~Exists(heard)).select_related("lead__owner", "lead__reason").order_by("due_at"))
    written = set(Notice.objects.filter(key__in=map(_key, clocks)).values_list("key", flat=True))
    return [clock for clock in clocks if _key(clock) not in written]


def _announce(clock: Clock) -> None:
    unsettled = Dispute.objects.filter(rejection__lead=clock.lead_id, decision="")
    dispute = unsettled.select_related("rejection__reason").order_by("-pk").first()
    if dispute is None or clock.due_at is None:
        return
    about_lead.announce(
        StandardKind.DISPUTE_OVERDUE,
        _key(clock),
        clock.lead,
        subject=f"Dispute overdue: {about_lead.title(clock.lead)}",
        lines=(
            f"The decision was due on {clock.due_at:%d %b %Y, %H:%M} UTC.",
            f"Sales: {dispute.rejection.reason}. {dispute.rejection.note}",
            f"Marketing: {dispute.argument}",
            "To do: uphold or overturn the rejection, on the page Disputes.",
        ),
        groups=((Audience.REVOPS,),),
    )
