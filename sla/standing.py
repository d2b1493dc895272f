"""The status of a clock at a moment: a fact of its times, whether or not the sweep has come by."""

from datetime import datetime

from django.db import models
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Least

from sla.models import Alarm, Clock, ClockState, PendingAlarm


class Standing(models.TextChoices):
    """At risk is running past its first warning, overdue is running past its due time."""

    RUNNING = "running", "Running"
    AT_RISK = "at_risk", "At risk"
    OVERDUE = "overdue", "Overdue"
    MET = "met", "Met"
    BREACHED = "breached", "Breached"
    CANCELLED = "cancelled", "Cancelled"


def with_warning(clocks: QuerySet[Clock]) -> QuerySet[Clock]:
    """Add `warned_at` to each clock: the moment of the first warning of its ladder, passed or still to come."""
    passed = Alarm.objects.filter(clock=OuterRef("pk"), step__percent__lt=100).order_by("due_at").values("due_at")
    to_come = PendingAlarm.objects.filter(clock=OuterRef("pk"), step__percent__lt=100).order_by("due_at")
    return clocks.annotate(warned_at=Least(Subquery(passed[:1]), Subquery(to_come.values("due_at")[:1])))


def standing(clock: Clock, now: datetime) -> Standing:
    """The status of a clock that came through `with_warning`."""
    if clock.state != ClockState.RUNNING:
        return Standing(clock.state)
    if clock.due_at is not None and clock.due_at < now:
        return Standing.OVERDUE
    warned_at: datetime | None = getattr(clock, "warned_at", None)
    return Standing.AT_RISK if warned_at is not None and warned_at <= now else Standing.RUNNING


def stands(wanted: str, now: datetime) -> Q:
    """Find clocks by their status; for at risk they must come through `with_warning`.

    What is at risk or overdue is running too, and what is overdue is breached already.
    """
    running, overdue = Q(stopped_at=None), Q(stopped_at=None, due_at__lt=now)
    match wanted:
        case Standing.RUNNING:
            return running
        case Standing.AT_RISK:
            return running & ~overdue & Q(warned_at__lte=now)
        case Standing.OVERDUE:
            return overdue
        case Standing.BREACHED:
            return overdue | Q(state=ClockState.BREACHED)
    return Q(state=wanted)
