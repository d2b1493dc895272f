"""The index by which leads are found by their attributes. Concurrently: leads are written meanwhile."""

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0015_attributes")]

    operations = [
        AddIndexConcurrently(
            model_name="lead",
            index=django.contrib.postgres.indexes.GinIndex(fields=["attributes"], name="lead_attributes"),
        ),
    ]
