"""Was it kept: clocks, the alarms that wait, and the alarms that fired."""

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from leads.models import Lead, Team, Transition
from sla.metrics import Metric
from sla.models.calendar import Calendar
from sla.models.policy import Policy, Step


class ClockState(models.TextChoices):
    RUNNING = "running", "Running"
    MET = "met", "Met"
    BREACHED = "breached", "Breached"
    CANCELLED = "cancelled", "Cancelled"


class Clock(models.Model):
    """One measurement of one metric for one lead in one cycle. `sla.clocks` is the only writer.

    Its outcome is a fact of the times, not of the worker: stopped at or before `due_at` is met, after it is breached.
    A clock that still runs past `due_at` is breached already, though nobody has touched its row.

    It is charged to its owner: whoever had the lead when it was due, or when it ended. Until then it follows the lead.
    """

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="clocks")
    metric = models.CharField(max_length=40, choices=Metric)
    cycle = models.PositiveSmallIntegerField()
    round = models.PositiveSmallIntegerField(default=1, help_text="Counts the clocks of one metric in one cycle.")
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="clocks")
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", help_text="Who owes it."
    )
    team = models.ForeignKey(
        Team,
        null=True,
        db_default=None,
        db_index=False,
        db_constraint=False,  # its check would lock the team's row in every act
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The team of the lead, in whose queue it waits without an owner.",
    )
    target_seconds = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, help_text="Empty only while it cannot be known: see paused, and error.")
    stopped_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=9, choices=ClockState, default=ClockState.RUNNING)
    started_by = models.ForeignKey(Transition, on_delete=models.PROTECT, related_name="+")
    stopped_by = models.ForeignKey(Transition, null=True, on_delete=models.PROTECT, related_name="+")
    excused_by = models.ForeignKey(
        Transition, null=True, on_delete=models.PROTECT, related_name="+", help_text="The act that excused its breach."
    )
    paused = models.BooleanField(default=False, help_text="In a pause without an end: its due time is not known.")
    amended = models.BooleanField(default=False, help_text="A pause or other terms changed it while it ran.")
    elapsed = models.DurationField(null=True, help_text="The business time it took, once it has stopped.")
    tz_version = models.CharField(max_length=10, blank=True, help_text="Of the time zone database it was computed by.")
    error = models.TextField(blank=True, help_text="Why its deadline could not be computed.")

    class Meta:
        ordering = ["due_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["lead", "metric"], condition=Q(stopped_at=None), name="clock_one_running_per_metric"
            ),
            models.UniqueConstraint(fields=["lead", "metric", "cycle", "round"], name="clock_once_per_round"),
            models.CheckConstraint(
                condition=Q(state=ClockState.RUNNING, stopped_at=None)
                | Q(state=ClockState.CANCELLED, stopped_at__isnull=False)
                | Q(state=ClockState.MET, stopped_at__isnull=False, stopped_at__lte=F("due_at"))
                | Q(state=ClockState.BREACHED, stopped_at__isnull=False, stopped_at__gt=F("due_at")),
                name="clock_state_follows_from_times",
            ),
            models.CheckConstraint(
                condition=Q(stopped_at=None) | Q(stopped_at__gte=F("started_at")), name="clock_stops_after_its_start"
            ),
            models.CheckConstraint(
                condition=Q(due_at__isnull=False) | ~Q(error="") | Q(paused=True, stopped_at=None),
                name="clock_due_or_error",
            ),
            models.CheckConstraint(
                condition=Q(excused_by=None) | Q(state__in=[ClockState.RUNNING, ClockState.BREACHED]),
                name="clock_excused_if_breached",
            ),
        ]
        indexes = [
            models.Index(fields=["metric", "due_at"], condition=Q(stopped_at=None), name="clock_running_due"),
            models.Index(fields=["metric", "stopped_at"]),
            models.Index(fields=["due_at", "id"], condition=Q(stopped_at=None), name="clock_running"),
            models.Index(fields=["due_at", "id"], condition=Q(stopped_at__isnull=False), name="clock_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.get_metric_display()} of {self.lead}"

    def breached_at(self, now: datetime | None = None) -> datetime | None:
        """When it was breached: the moment it was due, if it was not stopped by then."""
        if (
            self.due_at
            and self.state != ClockState.CANCELLED
            and (self.stopped_at or now or timezone.now()) > self.due_at
        ):
            return self.due_at
        return None


class PendingAlarm(models.Model):
    """A step of a running clock that has not fired: the narrow row that the sweep looks for and removes on firing.

    The earliest of a clock's rows is its next alarm. It changes only in the transaction of its cause.
    """

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="pending", db_index=False)
    step = models.ForeignKey(Step, on_delete=models.PROTECT, related_name="+", db_index=False)
    due_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clock", "step"], name="pending_alarm_once")]

    def __str__(self) -> str:
        return f"{self.step} of clock {self.clock_id}"


class Alarm(models.Model):
    """One step fired on one clock. Dated when it was due; `fired_at` shows how late the engine was.

    A superseded one was overtaken by a later step before it could fire: it is recorded, and no one is notified.
    """

    clock = models.ForeignKey(Clock, on_delete=models.PROTECT, related_name="alarms", db_index=False)
    step = models.ForeignKey(Step, on_delete=models.PROTECT, related_name="alarms", db_index=False)
    due_at = models.DateTimeField()
    fired_at = models.DateTimeField()
    superseded = models.BooleanField(default=False)
    to_do = models.BooleanField(default=False, help_text="What its step does is still to be done.")
    done_by = models.ForeignKey(
        Transition,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="What its step did.",
    )
    note = models.TextField(blank=True, help_text="Why its step did nothing.")
    acknowledged_by = models.ForeignKey(
        Transition,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="The act of acknowledging it.",
    )

    class Meta:
        ordering = ["due_at", "id"]
        constraints = [models.UniqueConstraint(fields=["clock", "step"], name="alarm_once")]
        indexes = [
            # Alarms are written in this order: a list of the ranges tells as much as a tree, and costs them nothing.
            BrinIndex(fields=["fired_at"], autosummarize=True, name="alarm_fired_at"),
            models.Index(fields=["id"], condition=Q(to_do=True), name="alarm_to_do"),
            models.Index(fields=["id"], condition=Q(superseded=True), name="alarm_superseded"),
        ]

    def __str__(self) -> str:
        return f"{self.step} of clock {self.clock_id}"
