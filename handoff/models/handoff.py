"""One passing of a lead from marketing to sales."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone

from leads.models import Definition, HandoffRules, Lead, Transition


class Decision(models.TextChoices):
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"


class Handoff(models.Model):
    """What was offered to sales in one cycle, by which definition it was judged, and how sales decided."""

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="handoffs")
    cycle = models.PositiveSmallIntegerField()
    transition = models.OneToOneField(Transition, on_delete=models.PROTECT, related_name="+")
    definition = models.ForeignKey(Definition, null=True, on_delete=models.PROTECT, related_name="handoffs")
    rules = models.ForeignKey(
        HandoffRules,
        null=True,
        db_default=None,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="By which it goes to and fro. Empty: the first version, from before this was kept.",
    )
    packet = models.JSONField(
        encoder=DjangoJSONEncoder, help_text="A snapshot: later edits of the lead do not change it."
    )
    facts = models.JSONField(
        encoder=DjangoJSONEncoder,
        null=True,
        db_default=None,
        help_text="What criteria may ask for besides the packet, as it was. Empty: before this was kept.",
    )
    # Kept by a trigger, so that a replay need not parse the packets of all handoffs.
    touchpoint_times = ArrayField(models.DateTimeField(), null=True, db_default=None, editable=False)
    touchpoint_kinds = ArrayField(models.TextField(), null=True, db_default=None, editable=False)
    offered_to = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    offered_at = models.DateTimeField()
    # A first touch from before then says nothing of the packet: an import brought both, and there was nothing to see.
    recorded_at = models.DateTimeField(
        default=timezone.now,
        null=True,
        db_default=None,
        editable=False,
        help_text="From when on it is kept who saw the packet. Empty: it is from before that was kept.",
    )
    decision = models.CharField(max_length=8, choices=Decision, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["lead", "cycle"]
        constraints = [
            models.UniqueConstraint(fields=["lead", "cycle"], name="handoff_once_per_cycle"),
            models.CheckConstraint(
                condition=Q(decision="", decided_at=None) | ~Q(decision="") & Q(decided_at__isnull=False),
                name="handoff_decided_at_a_moment",
            ),
        ]
        indexes = [models.Index(fields=["offered_at", "id"], name="handoff_offered")]

    def __str__(self) -> str:
        return f"Handoff {self.cycle} of {self.lead}"

    @property
    def governed_by(self) -> HandoffRules:
        """The rules that it is pinned to."""
        return self.rules or HandoffRules.first()
