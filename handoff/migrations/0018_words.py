"""Plainer labels, help texts and messages; the database is not touched."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0017_bulk_acts"),
    ]

    operations = [
        migrations.AlterField(
            model_name="heartbeat",
            name="since",
            field=models.DateTimeField(
                default=django.utils.timezone.now, help_text="Alive without interruption since."
            ),
        ),
        migrations.AlterField(
            model_name="incident",
            name="part",
            field=models.CharField(
                choices=[("beat", "Scheduler"), ("worker", "Worker"), ("outbox", "Outbox")], max_length=6
            ),
        ),
        migrations.AlterField(
            model_name="notice",
            name="pierces",
            field=models.BooleanField(default=False, verbose_name="ignores quiet hours"),
        ),
        migrations.AlterField(
            model_name="standardmessage",
            name="kind",
            field=models.CharField(
                choices=[
                    (
                        "new_intent",
                        "A known buyer asks again: the owner, or marketing when sales has no part in the lead",
                    ),
                    ("given_by_system", "Handoff assigned a lead: the new owner"),
                    ("merged", "Two leads were merged: the owners of both"),
                    ("return_due", "The date to contact a buyer again has come: marketing"),
                    ("held", "A lead is on hold without an end: its owner and their manager, or marketing"),
                ],
                max_length=15,
                unique=True,
            ),
        ),
    ]
