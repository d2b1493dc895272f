"""What a converted lead became: its deals."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from leads.models.lead import Lead

CENT = Decimal("0.01")
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


class DealState(models.TextChoices):
    OPEN = "open", "Open"
    WON = "won", "Won"
    LOST = "lost", "Lost"


class Opportunity(models.Model):
    """A deal in the making, and how it ended. A lead may have several.

    A moment that nobody knows is empty: an import brings deals in that were closed on a day that is not on record.
    """

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="deals")
    system = models.CharField(max_length=40, blank=True, default="", db_default="", help_text="Where it came from.")
    external_id = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="What the deal is called there."
    )
    name = models.CharField(max_length=200)
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    stage = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="In the words of where it came from."
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=4, choices=DealState, default=DealState.OPEN)
    lost_reason = models.TextField(blank=True, default="", db_default="")
    opened_at = models.DateTimeField(null=True, blank=True)
    expected_close = models.DateField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True, help_text="Empty too where nobody knows when it ended.")

    class Meta:
        verbose_name_plural = "opportunities"
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=DealState.OPEN) | Q(closed_at=None), name="opportunity_open_is_not_closed"
            ),
            models.UniqueConstraint(
                fields=["system", "external_id"], condition=~Q(external_id=""), name="opportunity_external_id_once"
            ),
        ]
        indexes = [models.Index(fields=["closed_at"], condition=Q(state=DealState.WON), name="opportunity_won")]

    def __str__(self) -> str:
        return self.name

    def as_facts(self) -> dict[str, Any]:
        """All that is known of it, as an act keeps it: the last act about a deal says how it is."""
        return {
            "deal": self.pk,
            "name": self.name,
            "amount": None if self.amount is None else str(self.amount.quantize(CENT)),
            "currency": self.currency,
            "expected_close": self.expected_close,
            "stage": self.stage,
            "state": self.state,
            "closed_at": self.closed_at,
            "lost_reason": self.lost_reason,
            "deal_owner": self.owner,
            "opened_at": self.opened_at,
            "system": self.system,
            "external_id": self.external_id,
        }

    @staticmethod
    def by_rank(deals: "Iterable[Opportunity]") -> "list[Opportunity]":
        """The main deal first: the newest that is open, then the newest that has ended."""
        return sorted(deals, key=_rank, reverse=True)


def _rank(deal: Opportunity) -> tuple[bool, datetime, int]:
    return deal.state == DealState.OPEN, deal.opened_at or deal.closed_at or _LONG_AGO, deal.pk
