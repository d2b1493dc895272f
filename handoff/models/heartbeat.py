"""Signs of life of the background processes, and the times in which there were none."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class Heartbeat(models.Model):
    """When a process or a periodic job last showed that it lives; readiness looks at its age."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()
    since = models.DateTimeField(default=timezone.now, help_text="Alive without interruption since.")

    def __str__(self) -> str:
        return self.name


class Part(models.TextChoices):
    """The parts of the engine that can fall silent. All but the outbox are programs of the Procfile."""

    BEAT = "beat", "Scheduler"
    WORKER = "worker", "Worker"
    OUTBOX = "outbox", "Outbox"


class Incident(models.Model):
    """A time in which a part of the engine was silent, or the outbox stuck.

    RevOps is notified once of its beginning and once of its end.
    """

    part = models.CharField(max_length=6, choices=Part)
    problem = models.TextField()
    last_sign_at = models.DateTimeField(null=True, help_text="Empty when it never ran.")
    noticed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-noticed_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["part"], condition=Q(ended_at=None), name="incident_one_open_per_part"),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("noticed_at")), name="incident_ends_after_its_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_part_display()} since {self.noticed_at:%Y-%m-%d %H:%M} UTC"
