"""What passes between us and the buyer: touches are ours, touchpoints are theirs."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now, Upper
from django.utils import timezone

from leads.models.campaign import Campaign
from leads.models.lead import Lead


class Channel(models.TextChoices):
    CALL = "call", "Call"
    EMAIL = "email", "Email"
    MEETING = "meeting", "Meeting"
    MESSAGE = "message", "Message"
    SOCIAL = "social", "Social network"
    OTHER = "other", "Other"


class Outcome(models.TextChoices):
    REACHED = "reached", "Reached"
    NO_ANSWER = "no_answer", "No answer"
    LEFT_MESSAGE = "left_message", "Left a message"
    SENT = "sent", "Sent"
    BOUNCED = "bounced", "Bounced"


class Touch(models.Model):
    """A contact attempt. Genuine when a human made it; an automatic mail is kept, but counts for nothing."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="touches")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="touches")
    channel = models.CharField(max_length=8, choices=Channel)
    outcome = models.CharField(max_length=12, choices=Outcome)
    at = models.DateTimeField()
    note = models.TextField(blank=True)
    automatic = models.BooleanField(default=False)
    inbound = models.BooleanField(default=False, db_default=False, help_text="The buyer contacted us.")
    system = models.CharField(max_length=40, blank=True)
    external_id = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "touches"
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["system", "external_id"], condition=~Q(external_id=""), name="touch_external_id_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()}: {self.get_outcome_display()}"


class Touchpoint(models.Model):
    """Something the buyer did: a form, a page, a webinar, a reply. Never lost at the handoff.

    An enquiry is a capture of a buyer who was known already, or what a new one wrote.
    """

    ENQUIRY = "enquiry"

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="touchpoints")
    campaign = models.ForeignKey(
        Campaign, null=True, blank=True, on_delete=models.PROTECT, related_name="touchpoints", db_index=False
    )
    kind = models.CharField(max_length=40)
    source = models.CharField(max_length=80, blank=True, default="", db_default="")
    at = models.DateTimeField()
    detail = models.TextField(blank=True)
    system = models.CharField(max_length=40, blank=True)
    external_id = models.CharField(max_length=200, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    recorded_at = models.DateTimeField(
        null=True, default=timezone.now, db_default=Now(), help_text="Empty: before this was kept."
    )

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["system", "external_id"], condition=~Q(external_id=""), name="touchpoint_external_id_once"
            ),
        ]
        indexes = [
            models.Index(fields=["recorded_at"], name="touchpoint_recorded"),
            models.Index(fields=["at", "id"], name="touchpoint_at"),
            models.Index(fields=["campaign", "at", "id"], name="touchpoint_campaign"),
            models.Index(Upper("system"), "at", "id", condition=~Q(system=""), name="touchpoint_system"),
        ]

    def __str__(self) -> str:
        return self.kind
