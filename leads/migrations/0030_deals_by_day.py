"""The index by which a report reads the deals that were won on a day. Concurrently: deals are written meanwhile."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0029_handoff_rules")]

    operations = [
        AddIndexConcurrently(
            "opportunity", models.Index(fields=["closed_at"], condition=Q(state="won"), name="opportunity_won")
        ),
    ]
