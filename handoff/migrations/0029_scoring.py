"""Flags on scores, reviews of scoring models and runs over all leads; imports note a lead as it was stated."""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from leads.sql import load


def switch_on(apps, schema_editor):
    message = apps.get_model("handoff", "StandardMessage")
    message.objects.using(schema_editor.connection.alias).get_or_create(kind="review_due")


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0028_slack"),
        ("leads", "0025_scoring"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
                    ("disputed", "Marketing disputes a rejection: RevOps, to decide it"),
                    ("dispute_overdue", "A dispute is overdue: RevOps, to decide it"),
                    ("to_sign", "A definition or scoring model waits for a signature: whoever may give it"),
                    ("review_due", "The review of the scoring model is due: marketing leads and sales managers"),
                    ("snooze_over", "The time until which a lead was snoozed has come: its owner"),
                ],
                max_length=15,
                unique=True,
            ),
        ),
        migrations.CreateModel(
            name="ScoreFlag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rule", models.CharField(help_text="Its key, which it keeps from version to version.", max_length=40)),
                ("name", models.CharField(help_text="Of the rule.", max_length=80)),
                ("points", models.IntegerField()),
                ("evidence", models.CharField(blank=True, max_length=2000)),
                (
                    "part_at",
                    models.DateTimeField(blank=True, help_text="When the buyer did it, or it was stated.", null=True),
                ),
                ("reason", models.TextField()),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now
                    ),
                ),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[("kept", "The rule is kept"), ("changed", "The rule is changed")],
                        db_default="",
                        default="",
                        max_length=8,
                    ),
                ),
                ("note", models.TextField(blank=True, db_default="", default="")),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
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
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="score_flags", to="leads.lead"
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="flags", to="leads.scoringmodel"
                    ),
                ),
                (
                    "touchpoint",
                    models.ForeignKey(
                        blank=True,
                        help_text="Of behaviour.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="leads.touchpoint",
                    ),
                ),
            ],
            options={
                "verbose_name": "flag on a score",
                "verbose_name_plural": "flags on scores",
                "ordering": ["-created_at", "-id"],
                "indexes": [
                    models.Index(condition=models.Q(("decision", "")), fields=["rule"], name="score_flag_open")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("decision", "")),
                        fields=("lead", "rule", "touchpoint"),
                        name="score_flag_open_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at", None), ("decision", "")),
                            models.Q(models.Q(("decision", ""), _negated=True), ("decided_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="score_flag_decided_at_a_moment",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ScoreReview",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due_on", models.DateField()),
                (
                    "side",
                    models.CharField(
                        choices=[("marketing", "Marketing"), ("sales", "Sales"), ("nobody", "Nobody")], max_length=9
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        choices=[("keep", "Keep the model as it is"), ("change", "Change the model")], max_length=6
                    ),
                ),
                ("examined", models.TextField(help_text="What was looked at, and what follows.")),
                (
                    "open_flags",
                    models.PositiveIntegerField(db_default=0, default=0, help_text="How many were not answered then."),
                ),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now
                    ),
                ),
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
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reviews", to="leads.scoringmodel"
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-id"],
                "constraints": [models.UniqueConstraint(fields=("model", "due_on", "side"), name="score_review_once")],
            },
        ),
        migrations.CreateModel(
            name="ScoringRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "total",
                    models.PositiveIntegerField(db_default=0, default=0, help_text="Leads, as it began; an estimate."),
                ),
                ("done", models.PositiveIntegerField(db_default=0, default=0)),
                (
                    "changed",
                    models.PositiveIntegerField(
                        db_default=0, default=0, help_text="Leads with another score or grade."
                    ),
                ),
                ("cursor", models.BigIntegerField(db_default=0, default=0, help_text="The last lead that was scored.")),
                (
                    "started_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now
                    ),
                ),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="runs", to="leads.scoringmodel"
                    ),
                ),
            ],
            options={
                "ordering": ["-started_at", "-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("finished_at", None)), fields=("model",), name="scoring_run_unfinished_once"
                    )
                ],
            },
        ),
        migrations.RunPython(switch_on, migrations.RunPython.noop),
        migrations.RunSQL(load("handoff.imports", "import_changes.sql"), migrations.RunSQL.noop),
    ]
