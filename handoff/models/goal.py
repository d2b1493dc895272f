"""What the firm wants to reach in a period, and how many leads a person can take in a week."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from handoff.models.firm import Firm
from leads.models import Team


class GoalMeasure(models.TextChoices):
    """What is counted against a goal."""

    DELIVERED = "delivered", "Delivered leads"
    ACCEPTED = "accepted", "Accepted leads"


class GoalPeriod(models.TextChoices):
    MONTH = "month", "Month"
    QUARTER = "quarter", "Quarter"


class Goal(models.Model):
    """So much of a measure in a period, by one team or in all. A month has no goal because its quarter has one."""

    measure = models.CharField(max_length=10, choices=GoalMeasure)
    length = models.CharField("period", max_length=7, choices=GoalPeriod)
    starts_on = models.DateField("begins on", help_text="The first day of the month or fiscal quarter.")
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.CASCADE, related_name="goals", help_text="Empty: the whole firm."
    )
    value = models.PositiveIntegerField("leads")
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    set_at = models.DateTimeField(default=timezone.now, db_default=Now())

    class Meta:
        ordering = ["-starts_on", "length", "measure", "team__name"]
        constraints = [
            models.UniqueConstraint(
                fields=["measure", "length", "starts_on", "team"],
                nulls_distinct=False,
                name="goal_once",
                violation_error_message="There is such a goal already: change that one.",
            ),
            models.CheckConstraint(condition=Q(starts_on__day=1), name="goal_begins_with_a_month"),
        ]

    def __str__(self) -> str:
        return f"{self.get_measure_display()}, {self.get_length_display().lower()} from {self.starts_on}"

    def clean(self) -> None:
        if not self.starts_on:
            return
        if self.starts_on.day != 1:
            raise ValidationError({"starts_on": "Give the first day of the month or quarter, like 2026-03-01."})
        if self.length == GoalPeriod.QUARTER and (self.starts_on.month - Firm.of_now().year_starts) % 3:
            raise ValidationError({"starts_on": "No quarter of your fiscal year begins in this month."})


class WeeklyCapacity(models.Model):
    """How many new leads a person can take in a full week, from a day on until another line says otherwise."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="weekly_capacities")
    starts_on = models.DateField("from")
    leads = models.PositiveSmallIntegerField("leads a week")
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    set_at = models.DateTimeField(default=timezone.now, db_default=Now())

    class Meta:
        ordering = ["person__username", "-starts_on"]
        verbose_name = "weekly capacity"
        verbose_name_plural = "weekly capacities"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "starts_on"],
                name="weekly_capacity_once",
                violation_error_message="This person has a capacity from that day already: change that one.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.leads} a week from {self.starts_on}"
