"""Figures of reports kept by day, the questions that they answer, and the marks of what has changed since."""

import django.db.models.deletion
from django.db import migrations, models

from leads.sql import load

UNMARK = """
DROP FUNCTION IF EXISTS handoff_report_mark_entered() CASCADE;
DROP FUNCTION handoff_report_mark(), handoff_report_mark_changed(), handoff_report_mark_dispute(),
    handoff_report_mark_taken_back(), handoff_report_mark_all() CASCADE
"""


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0040_note_touchpoints_of_before"),
        ("leads", "0030_deals_by_day"),
        ("sla", "0014_lists_by_index"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReportMark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("lead_id", models.BigIntegerField(null=True)),
                ("at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ReportQuestion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "digest",
                    models.CharField(
                        help_text="Of all on which the figures of every day depend.", max_length=64, unique=True
                    ),
                ),
                ("definition", models.CharField(help_text="The digest of what is counted, and how.", max_length=64)),
                ("by", models.CharField(max_length=80)),
                ("values", models.JSONField()),
                ("asked_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ReportSpan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first", models.DateField()),
                ("until", models.DateField()),
                (
                    "figures",
                    models.TextField(
                        help_text="JSON: for each row its counts, its amounts, and how long its arrays are."
                    ),
                ),
                ("runs", models.BinaryField(help_text="The sorted arrays of those rows, for percentiles.")),
                (
                    "question",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="handoff.reportquestion"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["first", "until"], name="report_span_days")],
                "constraints": [
                    models.UniqueConstraint(fields=("question", "first", "until"), name="report_span_once")
                ],
            },
        ),
        # Sorted arrays of numbers hardly get smaller, and are read whole.
        migrations.RunSQL(
            "ALTER TABLE handoff_reportspan ALTER COLUMN runs SET STORAGE EXTERNAL", migrations.RunSQL.noop
        ),
        migrations.RunSQL(load("handoff.reports", "report_moments.sql"), "DROP VIEW handoff_reportmoment"),
        migrations.RunSQL(load("handoff.reports", "report_marks.sql"), UNMARK),
    ]
