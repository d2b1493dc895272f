"""What people say of scores, and how far bringing them up to date has come."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from leads.models import Lead, ScoringModel, Side, Touchpoint


class FlagDecision(models.TextChoices):
    KEPT = "kept", "The rule is kept"
    CHANGED = "changed", "The rule is changed"


class ScoreFlag(models.Model):
    """Someone who works a lead says that a part of its score is not indicative. Both sides answer it once."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="score_flags")
    model = models.ForeignKey(ScoringModel, on_delete=models.PROTECT, related_name="flags")
    rule = models.CharField(max_length=40, help_text="Its key, which it keeps from version to version.")
    name = models.CharField(max_length=80, help_text="Of the rule.")
    points = models.IntegerField()
    evidence = models.CharField(max_length=2000, blank=True)
    part_at = models.DateTimeField(null=True, blank=True, help_text="When the buyer did it, or it was stated.")
    touchpoint = models.ForeignKey(
        Touchpoint, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", help_text="Of behaviour."
    )
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField(db_default=Now(), default=timezone.now)
    decision = models.CharField(max_length=8, choices=FlagDecision, blank=True, default="", db_default="")
    note = models.TextField(blank=True, default="", db_default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = "flag on a score"
        verbose_name_plural = "flags on scores"
        constraints = [
            models.UniqueConstraint(
                fields=["lead", "rule", "touchpoint"],
                condition=Q(decision=""),
                nulls_distinct=False,
                name="score_flag_open_once",
            ),
            models.CheckConstraint(
                condition=Q(decision="", decided_at=None) | (~Q(decision="") & Q(decided_at__isnull=False)),
                name="score_flag_decided_at_a_moment",
            ),
        ]
        indexes = [models.Index(fields=["rule"], condition=Q(decision=""), name="score_flag_open")]

    def __str__(self) -> str:
        return f"{self.name} ({self.points:+d})"


class ReviewVerdict(models.TextChoices):
    KEEP = "keep", "Keep the model as it is"
    CHANGE = "change", "Change the model"


class ScoreReview(models.Model):
    """One side has looked at the model in force, for the review that was due on a day."""

    model = models.ForeignKey(ScoringModel, on_delete=models.PROTECT, related_name="reviews")
    due_on = models.DateField()
    side = models.CharField(max_length=9, choices=Side)
    verdict = models.CharField(max_length=6, choices=ReviewVerdict)
    examined = models.TextField(help_text="What was looked at, and what follows.")
    open_flags = models.PositiveIntegerField(default=0, db_default=0, help_text="How many were not answered then.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(db_default=Now(), default=timezone.now)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["model", "due_on", "side"], name="score_review_once")]

    def __str__(self) -> str:
        return f"Review of the {self.model} due on {self.due_on}"


class ScoringRun(models.Model):
    """All leads are scored once by the model in force, in the order of their numbers. A worker resumes it."""

    model = models.ForeignKey(ScoringModel, on_delete=models.PROTECT, related_name="runs")
    total = models.PositiveIntegerField(db_default=0, default=0, help_text="Leads, as it began; an estimate.")
    done = models.PositiveIntegerField(db_default=0, default=0)
    changed = models.PositiveIntegerField(db_default=0, default=0, help_text="Leads with another score or grade.")
    cursor = models.BigIntegerField(db_default=0, default=0, help_text="The last lead that was scored.")
    started_at = models.DateTimeField(db_default=Now(), default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["model"], condition=Q(finished_at=None), name="scoring_run_unfinished_once")
        ]

    def __str__(self) -> str:
        return f"Scores by the {self.model}"
