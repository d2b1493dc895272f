"""Where leads come from."""

import json
from hashlib import sha256

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q


class BriefRule(models.TextChoices):
    """What becomes of a lead whose campaign's brief sales has not acknowledged."""

    NONE = "", "No brief is asked for"
    WARN = "warn", "Hand over all the same, and say so"
    REFUSE = "refuse", "Refuse to hand over"


class Campaign(models.Model):
    """One effort of marketing, and what it promised the buyer."""

    name = models.CharField(max_length=200)
    system = models.CharField(max_length=40, blank=True, help_text="The system that external_id belongs to.")
    external_id = models.CharField(max_length=200, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="campaigns"
    )
    promise = models.TextField(blank=True, help_text="What the campaign offered the buyer; shown to sales.")
    cost = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)

    target_audience = models.TextField("for whom", blank=True, default="", db_default="")
    offer = models.TextField(blank=True, default="", db_default="", help_text="What they are offered, and until when.")
    talk_track = models.TextField(
        blank=True, default="", db_default="", help_text="How sales best begins; shown with the packet of each lead."
    )
    expected_leads = models.PositiveIntegerField(
        "expected handoffs", null=True, blank=True, db_default=None, help_text="How many leads sales will be handed."
    )
    expected_acceptance = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        db_default=None,
        validators=[MaxValueValidator(100)],
        help_text="How many of a hundred sales will accept.",
    )
    brief_rule = models.CharField(
        "without acknowledgement", max_length=6, choices=BriefRule, blank=True, default="", db_default=""
    )
    # Without a constraint, so that a release that does not know of briefs can delete a person.
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    acknowledged_at = models.DateTimeField(null=True, editable=False, db_default=None)
    acknowledged_digest = models.CharField(max_length=64, editable=False, default="", db_default="")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["system", "external_id"], condition=~Q(external_id=""), name="campaign_external_id_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def brief(self) -> dict[str, str]:
        """What sales must know of it, without what nobody wrote."""
        words = {"target_audience": self.target_audience, "offer": self.offer, "talk_track": self.talk_track}
        return {name: text for name, text in words.items() if text}

    @property
    def brief_digest(self) -> str:
        """Of all that sales acknowledges, so that an acknowledgement covers what was read and nothing later."""
        dates = [str(self.starts_on or ""), str(self.ends_on or "")]
        read = [self.brief, self.promise, self.expected_leads, self.expected_acceptance, dates]
        return sha256(json.dumps(read, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    @property
    def is_acknowledged(self) -> bool:
        return self.acknowledged_digest == self.brief_digest

    @property
    def waits_for_acknowledgement(self) -> bool:
        return self.brief_rule != BriefRule.NONE and not self.is_acknowledged
