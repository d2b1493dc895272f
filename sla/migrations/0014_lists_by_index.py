"""Indexes by which clocks and alarms are listed. Concurrently: they are written meanwhile."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("sla", "0013_special_days_have_names")]

    operations = [
        AddIndexConcurrently(
            "clock", models.Index(fields=["due_at", "id"], condition=Q(stopped_at=None), name="clock_running")
        ),
        AddIndexConcurrently(
            "clock", models.Index(fields=["due_at", "id"], condition=Q(stopped_at__isnull=False), name="clock_ended")
        ),
        AddIndexConcurrently(
            "alarm", models.Index(fields=["id"], condition=Q(superseded=True), name="alarm_superseded")
        ),
    ]
