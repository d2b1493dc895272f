"""Destinations, and which steps name them, belong to `handoff` now. Their tables stay as they are."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("sla", "0009_policy_mistakes"),
        ("handoff", "0009_destinations"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField(model_name="step", name="tells"),
                migrations.DeleteModel(name="Destination"),
            ]
        ),
    ]
