"""Indexes by which touchpoints are listed and counted. Concurrently: they are written meanwhile."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0018_provenance")]

    operations = [
        AddIndexConcurrently("touchpoint", models.Index(fields=["recorded_at"], name="touchpoint_recorded")),
        AddIndexConcurrently("touchpoint", models.Index(fields=["at", "id"], name="touchpoint_at")),
    ]
