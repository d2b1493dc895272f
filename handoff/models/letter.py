"""Mails by which a person sets their password: an invitation, or because they forgot it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class LetterKind(models.TextChoices):
    INVITATION = "invitation", "Invitation"
    PASSWORD = "password", "New password"


class Letter(models.Model):
    """One such mail to one person. The link in it is made as it is sent, and kept nowhere: it is as good as a password.

    A delivery would not do: everyone of RevOps reads what messages say.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Without a constraint, so that a release that does not know of letters can delete a person.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="letters", db_constraint=False
    )
    kind = models.CharField(max_length=10, choices=LetterKind)
    created_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(
        null=True, default=timezone.now, help_text="While it is being sent: when the lease ends. Empty: no more."
    )
    sent_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(next_attempt_at__isnull=False), name="letter_due"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} to {self.user}"
