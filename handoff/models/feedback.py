"""The loop back to marketing: rejections, answers and disputes."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from leads.models import Lead, Reason, State, Transition


class AnswerKind(models.TextChoices):
    """How marketing answers a rejection."""

    ACKNOWLEDGE = "acknowledge", "Acknowledge"
    FIX = "fix", "Fix and resubmit"
    RECYCLE = "recycle", "Recycle"
    DISPUTE = "dispute", "Dispute"
    RETIRE = "retire", "Retire"


class Rejection(models.Model):
    """One rejection with its reason, and marketing's answer to it."""

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="rejections")
    transition = models.OneToOneField(Transition, on_delete=models.PROTECT, related_name="rejection")
    cycle = models.PositiveSmallIntegerField()
    from_state = models.CharField(max_length=12, choices=State)
    reason = models.ForeignKey(Reason, on_delete=models.PROTECT, related_name="rejections")
    note = models.TextField(blank=True)
    evidence = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    duplicate_of = models.ForeignKey(Lead, null=True, on_delete=models.PROTECT, related_name="duplicates")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="rejections")
    at = models.DateTimeField()
    score = models.IntegerField(
        null=True, db_default=None, help_text="Of the lead as it was rejected. Empty: unknown, or it had none."
    )

    answer = models.CharField(max_length=11, choices=AnswerKind, blank=True)
    answer_note = models.TextField(blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="answers"
    )
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(answer="", answered_at=None) | ~Q(answer="") & Q(answered_at__isnull=False),
                name="rejection_answered_at_a_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["at"]),
            models.Index(fields=["lead", "at"]),
            models.Index(fields=["at"], condition=Q(answer="") & ~Q(from_state=State.RAW), name="rejection_unanswered"),
        ]

    def __str__(self) -> str:
        return f"{self.lead}: {self.reason}"


class DisputeDecision(models.TextChoices):
    OVERTURNED = "overturned", "Overturned"
    UPHELD = "upheld", "Upheld"


class Dispute(models.Model):
    """Marketing contests a rejection; an arbiter who belongs to neither party decides."""

    rejection = models.OneToOneField(Rejection, on_delete=models.PROTECT, related_name="dispute")
    argument = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    decision = models.CharField(max_length=10, choices=DisputeDecision, blank=True)
    decision_note = models.TextField(blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(decision="", decided_at=None) | ~Q(decision="") & Q(decided_at__isnull=False),
                name="dispute_decided_at_a_moment",
            ),
        ]
        indexes = [models.Index(fields=["at"], condition=Q(decision=""), name="dispute_open")]

    def __str__(self) -> str:
        return f"Dispute of {self.rejection}"
