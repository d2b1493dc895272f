"""Leads whose owners want to be reminded of them are found by an index, however many leads there are."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0020_undo_and_snooze")]

    operations = [
        AddIndexConcurrently(
            "lead",
            models.Index(fields=["snoozed_until"], condition=Q(snoozed_until__isnull=False), name="lead_snoozed"),
        ),
    ]
