"""What Handoff must remember to be spoken to in Slack: its messages there, what it answers, and what it was sent."""

from django.db import models
from django.utils import timezone

from handoff.models.delivery import Delivery
from leads.models import Lead


class SlackMessage(models.Model):
    """A message that the bot has posted about a lead, so that it can be updated when somebody has acted.

    A trigger sets `update_at` with each act on the lead, in the transaction of the act.
    """

    # Without constraints: whoever deletes what an import has brought need not know of this table.
    delivery = models.OneToOneField(
        Delivery, on_delete=models.CASCADE, related_name="slack_message", db_constraint=False
    )
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    channel = models.CharField(max_length=40, help_text="The id that Slack answered with, also for a person.")
    ts = models.CharField(max_length=40, help_text="By which Slack knows the message in its channel.")
    shown = models.CharField(max_length=32, blank=True, help_text="The digest of what it says.")
    update_at = models.DateTimeField(null=True, help_text="When to look at it again; empty: it is up to date.")
    attempts = models.PositiveSmallIntegerField(default=0)
    posted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["update_at"], condition=models.Q(update_at__isnull=False), name="slackmessage_due"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.ts}"


class SlackReply(models.Model):
    """What is answered to a click, to the address that came with it: a word to the person, or the message as it is now.

    It is sent after the request, which must end within three seconds.
    """

    url = models.CharField(max_length=500, help_text="A secret: whoever has it can post for half an hour.")
    text = models.TextField(blank=True, help_text="For the person alone; empty: replace the message.")
    delivery = models.ForeignKey(
        Delivery, null=True, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    reply_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "slack replies"

    def __str__(self) -> str:
        return self.text or "The message as it is now"


class SlackRequest(models.Model):
    """A request or an interaction that has come in, so that the same one does nothing twice."""

    key = models.CharField(max_length=200, primary_key=True, help_text="Its signature, or its trigger.")
    answer = models.JSONField(null=True, help_text="What was answered, for a retry.")
    received_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.key
