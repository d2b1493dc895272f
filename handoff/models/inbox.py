"""Whose inbox a lead is in, and who has looked at it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from leads.models import Lead


class InboxEntry(models.Model):
    """A lead that sales works on, beside what an inbox is searched by: triggers of the database keep it, so that no
    writer can forget it, and a list of the most urgent leads costs no more with a million others."""

    # No constraints: whoever deletes or merges a lead need not know of this table.
    lead = models.OneToOneField(
        Lead, primary_key=True, on_delete=models.CASCADE, related_name="inbox_entry", db_constraint=False
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    team = models.ForeignKey(
        "leads.Team", null=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    state = models.CharField(max_length=12)
    cycle = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=80)
    touched_at = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True, help_text="The end of its pause or snooze; far away without an end.")
    next_due = models.DateTimeField(null=True, help_text="When the first of its running clocks is due.")
    metric = models.CharField(max_length=40, help_text="Of that clock, or of one without a due time; else empty.")
    given_at = models.DateTimeField(help_text="Since when it is with its owner, in its handoff.")
    is_new = models.BooleanField(help_text="Its owner has not looked at it, and nobody has worked on it since then.")
    version = models.BigIntegerField(help_text="Another one after each change that a list shows.")

    class Meta:
        verbose_name_plural = "inbox entries"
        indexes = [
            models.Index(fields=["owner", "next_due", "lead"], name="inbox_owner"),
            models.Index(fields=["team", "next_due", "lead"], name="inbox_team"),
            models.Index(fields=["team", "next_due", "lead"], condition=Q(owner=None), name="inbox_queue"),
            models.Index(fields=["owner", "next_due", "lead"], condition=Q(is_new=True), name="inbox_owner_new"),
            models.Index(fields=["team", "next_due", "lead"], condition=Q(is_new=True), name="inbox_team_new"),
            models.Index(
                fields=["owner", "next_due", "lead"], condition=Q(held_until__isnull=False), name="inbox_owner_held"
            ),
            models.Index(
                fields=["team", "next_due", "lead"], condition=Q(held_until__isnull=False), name="inbox_team_held"
            ),
        ]

    def __str__(self) -> str:
        return f"Inbox entry of lead {self.lead_id}"


class LeadView(models.Model):
    """When a person last looked at a lead."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="views", db_constraint=False, db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lead", "user"], name="lead_view_once")]

    def __str__(self) -> str:
        return f"{self.user} looked at lead {self.lead_id}"
