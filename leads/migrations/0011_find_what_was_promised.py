"""Indexes by which promised dates and open-ended holds are found. Concurrently: leads are written meanwhile."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0010_new_intent_and_return_dates")]

    operations = [
        AddIndexConcurrently(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("reenter_on__isnull", False)), fields=["reenter_on"], name="lead_reenter_on"
            ),
        ),
        AddIndexConcurrently(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("paused_at__isnull", False), ("paused_until", None)),
                fields=["paused_at"],
                name="lead_open_pause",
            ),
        ),
    ]
