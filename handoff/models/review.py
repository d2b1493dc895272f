"""What both sides look at together: what sales owes a lead of each tier, closed periods, and what a review agreed."""

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from handoff.models.work import FINISHED_AT_A_MOMENT, IS_UNFINISHED, Work
from leads.models import User


class Tier(models.TextChoices):
    """How good a handoff is: its fit grade as it was handed over."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class RequiredActions(models.Model):
    """How many touches sales owes a lead of a tier that it has accepted, and within how many days, from a day on."""

    tier = models.CharField(max_length=1, choices=Tier)
    score_from = models.IntegerField(
        "Score from",
        null=True,
        blank=True,
        help_text="A lead without a fit grade is of this tier from this score on. Empty: only the grade counts.",
    )
    actions = models.PositiveSmallIntegerField(
        help_text="Touches by a person.", validators=[MinValueValidator(0), MaxValueValidator(50)]
    )
    within_days = models.PositiveSmallIntegerField(
        "Within (days)",
        default=14,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text="Since sales accepted the lead.",
    )
    starts_on = models.DateField("In force from", help_text="For leads that are handed over from this day on.")
    set_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    set_at = models.DateTimeField(default=timezone.now, db_default=Now())

    class Meta:
        ordering = ["-starts_on", "tier"]
        constraints = [
            models.UniqueConstraint(
                fields=["tier", "starts_on"],
                name="required_actions_once_a_day",
                violation_error_message="There are required actions for this tier from this day on already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.tier}: {self.actions} within {self.within_days} days, from {self.starts_on}"


class PeriodClose(models.Model):
    """A month or quarter whose figures both sides have fixed. It cannot be reopened: later changes are restatements."""

    key = models.CharField(max_length=7, unique=True, help_text="Like 2026-03, or 2026-Q1 of the fiscal year.")
    start = models.DateTimeField()
    end = models.DateTimeField()
    zone = models.CharField(max_length=64)
    closed_at = models.DateTimeField()
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    figures = models.JSONField(help_text="Of the scorecard, by the name of the column.")
    goals = models.JSONField(default=dict, help_text="As they were, by the name of the figure.")

    class Meta:
        ordering = ["-start"]
        constraints = [models.CheckConstraint(condition=Q(end__gt=models.F("start")), name="close_ends_after_start")]

    def __str__(self) -> str:
        return self.key


class PeriodClosing(Work):
    """A close that somebody has asked for, and how far it has come. A worker resumes what is unfinished."""

    key = models.CharField(max_length=7)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    has_proposal = models.BooleanField(db_default=False, default=False, help_text="The finder has looked.")
    proposal = models.JSONField(null=True, encoder=DjangoJSONEncoder, help_text="The finder's best, for the pack.")
    asked_at = models.DateTimeField(db_default=Now(), default=timezone.now)

    class Meta:
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=IS_UNFINISHED, name="closing_of_a_period_once"),
            models.CheckConstraint(condition=FINISHED_AT_A_MOMENT, name="closing_finished_at_a_moment"),
        ]

    def __str__(self) -> str:
        return f"Close of {self.key}"


class ClosedItem(models.Model):
    """A thing that a closed scorecard counts, and in which figures: so that a restatement can name the lead."""

    close = models.ForeignKey(PeriodClose, on_delete=models.CASCADE, related_name="items", db_index=False)
    kind = models.CharField(max_length=10, help_text="The list that it is in.")
    item_id = models.BigIntegerField(help_text="Its number in that list.")
    lead_id = models.BigIntegerField(help_text="Not a key: an import that is undone removes its leads.")
    at = models.DateTimeField()
    figures = ArrayField(models.CharField(max_length=40))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["close", "kind", "item_id"], name="closed_item_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.item_id}"


class ReviewAction(models.Model):
    """What was agreed when a period was looked at: who does it, and until when."""

    period = models.CharField(max_length=7, db_index=True, help_text="In whose review it was agreed.")
    text = models.CharField("What", max_length=300)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    due_on = models.DateField("Due on")
    agreed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    agreed_at = models.DateTimeField(default=timezone.now, db_default=Now())
    done_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["due_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at=None, done_by=None) | Q(done_at__isnull=False, done_by__isnull=False),
                name="review_action_done_by_someone",
            )
        ]

    def __str__(self) -> str:
        return self.text


class ReviewPack(models.Model):
    """What was put before the review of a closed period, as data: the same pages can be made of it at any time."""

    close = models.OneToOneField(PeriodClose, on_delete=models.CASCADE, related_name="pack")
    format = models.PositiveSmallIntegerField(help_text="By which it is drawn up.")
    data = models.JSONField(encoder=DjangoJSONEncoder)
    stored_at = models.DateTimeField()
    pdf = models.BinaryField(null=True, help_text="As it was drawn up when the review ended.")
    ended_at = models.DateTimeField(null=True, help_text="When the review ended: from then on no action is added.")
    ended_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    def __str__(self) -> str:
        return f"Review of {self.close}"
