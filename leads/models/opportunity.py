"""What a converted lead became."""

from django.db import models
from django.db.models import Q

from leads.models.lead import Lead


class DealState(models.TextChoices):
    OPEN = "open", "Open"
    WON = "won", "Won"
    LOST = "lost", "Lost"


class Opportunity(models.Model):
    """A deal in the making, and how it ended. One for each converted lead."""

    lead = models.OneToOneField(Lead, on_delete=models.PROTECT, related_name="opportunity")
    name = models.CharField(max_length=200)
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    expected_close = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=4, choices=DealState, default=DealState.OPEN)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "opportunities"
        constraints = [
            models.CheckConstraint(
                condition=Q(state=DealState.OPEN, closed_at=None)
                | (~Q(state=DealState.OPEN) & Q(closed_at__isnull=False)),
                name="opportunity_closed_when_ended",
            ),
        ]

    def __str__(self) -> str:
        return self.name
