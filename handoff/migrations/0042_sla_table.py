"""Versions of the SLA table, which both sides sign; and the recipients of steps are among what they sign."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from leads.sql import load


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0041_report_days"),
        ("sla", "0015_signed_values"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SlaTable",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("active_from", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(unique=True)),
                ("changes", models.JSONField(default=list)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "marketing_signatory",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "sales_signatory",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "SLA table",
                "ordering": ["-version"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("marketing_signatory", None),
                            models.Q(("marketing_signatory", models.F("sales_signatory")), _negated=True),
                            _connector="OR",
                        ),
                        name="sla_table_signed_by_two_people",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("active_from", None)),
                        fields=("active_from",),
                        name="sla_table_one_draft",
                        nulls_distinct=False,
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            load("handoff.models", "signed_recipients.sql"), "DROP TRIGGER sla_step_tells_signed ON sla_step_tells"
        ),
    ]
