"""Messages that go out although nobody subscribed to them, and the switch for each."""

from django.db import models


class StandardKind(models.TextChoices):
    """What people are notified of in every installation, unless RevOps switches it off."""

    NEW_INTENT = "new_intent", "A known buyer asks again: the owner, or marketing when sales has no part in the lead"
    GIVEN_BY_SYSTEM = "given_by_system", "Handoff assigned a lead: the new owner"
    MERGED = "merged", "Two leads were merged: the owners of both"
    RETURN_DUE = "return_due", "The date to contact a buyer again has come: marketing"
    HELD = "held", "A lead is on hold without an end: its owner and their manager, or marketing"
    DISPUTED = "disputed", "Marketing disputes a rejection: RevOps, to decide it"
    DISPUTE_OVERDUE = "dispute_overdue", "A dispute is overdue: RevOps, to decide it"
    TO_SIGN = "to_sign", "A definition or scoring model waits for a signature: whoever may give it"
    REVIEW_DUE = "review_due", "The review of the scoring model is due: marketing leads and sales managers"
    SNOOZE_OVER = "snooze_over", "The time until which a lead was snoozed has come: its owner"


class StandardMessage(models.Model):
    """The switch of one kind. A kind without a row is on: what was never configured cannot be forgotten."""

    kind = models.CharField(max_length=15, choices=StandardKind, unique=True)
    active = models.BooleanField(default=True, db_default=True)

    class Meta:
        ordering = ["kind"]

    def __str__(self) -> str:
        return self.get_kind_display()

    @classmethod
    def is_on(cls, kind: StandardKind) -> bool:
        return not cls.objects.filter(kind=kind, active=False).exists()
