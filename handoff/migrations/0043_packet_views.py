"""Who saw the packet of a handoff before the first touch, and what reports read of it."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from leads.sql import load


class Migration(migrations.Migration):
    dependencies = [("handoff", "0042_sla_table"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.AddField(
            model_name="handoff",
            name="recorded_at",
            field=models.DateTimeField(
                db_default=None,
                default=django.utils.timezone.now,
                editable=False,
                help_text="From when on it is kept who saw the packet. Empty: it is from before that was kept.",
                null=True,
            ),
        ),
        migrations.CreateModel(
            name="PacketView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "handoff",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="views",
                        to="handoff.handoff",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("handoff", "person"), name="packet_view_once")]},
        ),
        migrations.RunSQL(load("handoff.reports", "packets.sql"), "DROP VIEW reporting.packets"),
        migrations.RunSQL(
            load("handoff.reports", "packet_marks.sql"),
            "DROP FUNCTION handoff_report_mark_seen() CASCADE",
        ),
    ]
