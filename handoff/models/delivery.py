"""The outbox: what people are notified of, whom, and what became of each message."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from handoff.models.destination import Destination, media
from leads.models import Lead, Transition, Verb
from sla.models import Alarm


class Subscription(models.Model):
    """A destination that is notified of every act of a verb. Alarms name their destinations on their step instead."""

    verb = models.CharField(max_length=12, choices=Verb)
    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="subscriptions")

    class Meta:
        ordering = ["verb", "destination"]
        constraints = [models.UniqueConstraint(fields=["verb", "destination"], name="subscription_once")]

    def __str__(self) -> str:
        return f"{self.get_verb_display()} → {self.destination}"


class Notice(models.Model):
    """A message that no act and no alarm causes, about the engine or about a lead. Its key lets it be written once."""

    key = models.CharField(max_length=80, unique=True)
    subject = models.CharField(max_length=200)
    text = models.TextField(help_text="The first line is the headline.")
    pierces = models.BooleanField("ignores quiet hours", default=False)
    entries = models.JSONField(default=list, db_default=[], help_text="Lines with links of their own, if it is a list.")
    # Never asked for by lead, and most notices are about none.
    lead = models.ForeignKey(Lead, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.subject

    @property
    def headline(self) -> str:
        return self.text.split("\n", 1)[0]


class DeliveryState(models.TextChoices):
    PENDING = "pending", "Pending"
    SENT = "sent", "Sent"
    DEAD = "dead", "Dead"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Priority(models.IntegerChoices):
    """How urgent a message is. audience.py has the same numbers."""

    BREACH = 0
    ESCALATION = 1
    WARNING = 2
    ACT = 3
    NOTICE = 4


class Delivery(models.Model):
    """One message to one address about one alarm, act or notice. Delivered at least once, always under the same key."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Each index costs every alarm that fires: those of the causes begin with them, and none is asked for by recipient.
    alarm = models.ForeignKey(Alarm, null=True, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    transition = models.ForeignKey(
        Transition, null=True, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    notice = models.ForeignKey(Notice, null=True, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # Without a constraint, whose check would lock the same few destinations for every alarm that fires.
    destination = models.ForeignKey(
        Destination,
        null=True,
        on_delete=models.SET_NULL,
        related_name="deliveries",
        db_index=False,
        db_constraint=False,
    )
    medium = models.CharField(max_length=20, choices=media)
    address = models.CharField(max_length=500, help_text="It may be a secret: show `place` instead.")
    state = models.CharField(max_length=9, choices=DeliveryState, default=DeliveryState.PENDING)
    priority = models.PositiveSmallIntegerField(
        db_default=Priority.ACT, default=Priority.ACT, help_text="The smaller, the sooner, when many wait."
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(
        default=timezone.now, help_text="While it is being sent: when the lease ends."
    )
    digest = models.BooleanField(default=False, help_text="Waits to be sent together with others, once a day.")
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)

    # Where alerts/dispatch.py has read many messages at once: the cause with its details, and what is said of it.
    alarm_in_full: Alarm | None = None
    act_in_full: Transition | None = None
    content: Any = None

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["alarm", "medium", "address"],
                condition=Q(alarm__isnull=False),
                name="delivery_once_per_alarm",
            ),
            models.UniqueConstraint(
                fields=["transition", "medium", "address"],
                condition=Q(transition__isnull=False),
                name="delivery_once_per_act",
            ),
            models.UniqueConstraint(
                fields=["notice", "medium", "address"],
                condition=Q(notice__isnull=False),
                name="delivery_once_per_notice",
            ),
            models.CheckConstraint(
                condition=Q(alarm__isnull=False, transition=None, notice=None)
                | Q(alarm=None, transition__isnull=False, notice=None)
                | Q(alarm=None, transition=None, notice__isnull=False),
                name="delivery_has_one_cause",
            ),
            models.CheckConstraint(
                condition=Q(state=DeliveryState.SENT, sent_at__isnull=False)
                | ~Q(state=DeliveryState.SENT) & Q(sent_at=None),
                name="delivery_sent_at_a_moment",
            ),
        ]
        indexes = [
            models.Index(
                fields=["priority", "next_attempt_at"],
                condition=Q(state=DeliveryState.PENDING),
                name="delivery_pending_priority",
            ),
            models.Index(fields=["created_at"], condition=Q(state=DeliveryState.DEAD), name="delivery_dead"),
            models.Index(fields=["id"], condition=Q(state=DeliveryState.WITHDRAWN), name="delivery_withdrawn"),
        ]

    def __str__(self) -> str:
        return f"{self.get_medium_display()} to {self.place}"

    @property
    def place(self) -> str:
        """The person or the destination, by name: an address may be a secret."""
        return str(self.recipient or self.destination or "an earlier destination")
