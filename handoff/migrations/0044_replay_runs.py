"""Replays of a definition are kept, and counted in the background."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Now

STATES = [("waiting", "Waiting"), ("running", "Running"), ("done", "Done"), ("stopped", "Stopped")]
UNFINISHED = Q(state__in=("waiting", "running"))


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0043_packet_views"),
        ("leads", "0032_what_reasons_concern"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ReplayRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "definition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="replays", to="leads.definition"
                    ),
                ),
                ("digest", models.CharField(help_text="Of the definition as it was replayed.", max_length=64)),
                ("criteria", models.JSONField(default=list, help_text="Those that it had.")),
                ("start", models.DateTimeField(help_text="Handed over from then on,", null=True)),
                ("end", models.DateTimeField(help_text="and before then.", null=True)),
                (
                    "campaign",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Of this one alone, as it was then.",
                        max_length=200,
                    ),
                ),
                ("source", models.CharField(blank=True, db_default="", default="", max_length=200)),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "state",
                    models.CharField(choices=STATES, db_default="waiting", default="waiting", max_length=8),
                ),
                (
                    "total",
                    models.PositiveIntegerField(
                        db_default=0, default=0, help_text="Handoffs of the period when it was asked."
                    ),
                ),
                ("done", models.PositiveIntegerField(db_default=0, default=0)),
                ("cursor", models.DateTimeField(help_text="Handoffs offered before then are counted.", null=True)),
                (
                    "tallies",
                    models.JSONField(db_default=[], default=list, help_text="What was counted: rows that only add up."),
                ),
                (
                    "note",
                    models.TextField(blank=True, db_default="", default="", help_text="Why it was stopped."),
                ),
                ("created_at", models.DateTimeField(db_default=Now(), default=django.utils.timezone.now)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=UNFINISHED,
                        fields=("definition", "digest", "start", "end", "campaign", "source"),
                        name="replay_run_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=(UNFINISHED & Q(finished_at=None)) | (~UNFINISHED & Q(finished_at__isnull=False)),
                        name="replay_run_finished_at_a_moment",
                    ),
                ],
            },
        ),
    ]
