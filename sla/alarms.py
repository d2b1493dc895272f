"""Firing what is due."""

from datetime import datetime

from leads.sql import load
from sla.models import PendingAlarm

# PostgreSQL tells it whenever an alarm is written that is due within two seconds (a trigger of the table).
CHANNEL = "sla_alarm_due_soon"


FIRED = load("sla", "fire_alarms.sql")
"""CTEs that fire what is due; `handoff.alerts.audience` writes the outbox of it in the same statement."""


def next_due(since: datetime) -> datetime | None:
    """When the next alarm is due; what was due before `since` does not count."""
    waiting = PendingAlarm.objects.filter(due_at__gt=since)
    return waiting.order_by("due_at").values_list("due_at", flat=True).first()
