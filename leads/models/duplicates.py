"""Leads that may be one person: the pairs that are suggested, and what is kept so that they are found."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from leads.models.lead import Lead


class PairState(models.TextChoices):
    OPEN = "open", "Open"
    MERGED = "merged", "Merged"
    NOT_THE_SAME = "not_the_same", "Not the same"
    SUPERSEDED = "superseded", "No longer alike"


class PossibleDuplicate(models.Model):
    """Two leads that may be one person, until somebody decides. Two that are not the same are never suggested again."""

    first = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="+", db_index=False)
    second = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="+")
    score = models.PositiveSmallIntegerField()
    reasons = ArrayField(models.TextField(), default=list)
    state = models.CharField(max_length=12, choices=PairState, default=PairState.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now(), default=timezone.now)

    class Meta:
        verbose_name = "possible duplicate"
        ordering = ["-score", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="possible_duplicate_once"),
            # So that a pair has one row, whichever of the two was looked at first.
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="possible_duplicate_in_order"),
            models.CheckConstraint(
                condition=~Q(state__in=[PairState.MERGED, PairState.NOT_THE_SAME]) | Q(decided_at__isnull=False),
                name="possible_duplicate_decided_at_a_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["-score", "-id"], condition=Q(state=PairState.OPEN), name="possible_duplicate_open"),
            models.Index(
                fields=["state", "-score", "-id"],
                condition=~Q(state=PairState.OPEN),
                name="possible_duplicate_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first} and {self.second}"


class MatchKey(models.Model):
    """One of the keys by which leads that may be the same find each other; `leads.matching` makes them."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="+")
    value = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["value", "lead"], name="match_key_once")]

    def __str__(self) -> str:
        return f"{self.value} of lead {self.lead_id}"


class LeadToMatch(models.Model):
    """A lead that is new, or whose identity has changed: it is still to be compared. A trigger writes these rows.

    A lead may have several: a capture adds a row and waits for nobody, and the worker deletes those that it has read.
    """

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False)

    def __str__(self) -> str:
        return f"Lead {self.lead_id}"
