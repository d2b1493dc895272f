"""Reports that are sent by themselves, and the ones that were sent."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from handoff.models.delivery import Notice
from handoff.models.destination import Destination
from leads.models import User


class ScheduledReport(models.Model):
    """A report that is sent on certain days at a time of its owner's zone: to them, or to a destination instead."""

    # Without constraints, so that a release that does not know of it can delete whom and what it names.
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="scheduled_reports", db_constraint=False)
    report = models.CharField(max_length=40)
    asked = models.JSONField(default=dict, help_text="What the report's form is asked, without its period.")
    last_days = models.PositiveSmallIntegerField(
        "period", null=True, help_text="So many days before the day on which it is sent. Empty: all time."
    )
    weekdays = models.CharField("on", max_length=7, default="1", help_text="1 is Monday.")
    at = models.TimeField(help_text="In your time zone.")
    destination = models.ForeignKey(
        Destination,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_constraint=False,
        db_index=False,
        help_text="Empty: to you.",
    )
    active = models.BooleanField(default=True)
    dealt_with_on = models.DateField(null=True, editable=False, help_text="The last day on which it was due.")
    created_at = models.DateTimeField(default=timezone.now, db_default=Now())

    class Meta:
        ordering = ["report", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(weekdays=""),
                name="scheduled_report_has_a_day",
                violation_error_message="Choose at least one day.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.report.capitalize().replace('_', ' ')} at {self.at:%H:%M}"


class SentReport(models.Model):
    """What goes with the notice of a report: where it is in the console, and its picture as it was then."""

    notice = models.OneToOneField(
        Notice, primary_key=True, on_delete=models.CASCADE, related_name="sent_report", db_constraint=False
    )
    scheduled = models.ForeignKey(
        ScheduledReport, null=True, on_delete=models.SET_NULL, related_name="sent", db_constraint=False
    )
    path = models.CharField(max_length=500)
    picture = models.BinaryField(null=True, help_text="A PNG; none where there was nothing to draw.")
    alt = models.CharField("in words", max_length=500, default="", help_text="What the picture shows.")

    def __str__(self) -> str:
        return self.path
