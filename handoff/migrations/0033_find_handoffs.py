"""Reports find the handoffs of a period, and the deals that were closed in it, by these."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("handoff", "0033_reports")]
    operations = [
        AddIndexConcurrently("handoff", models.Index(fields=["offered_at"], name="handoff_offered_at")),
    ]
