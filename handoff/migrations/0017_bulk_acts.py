import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0016_installation"),
        ("sla", "0011_longer_names_of_metrics"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BulkAct",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("apply", "Apply a policy to running clocks"), ("excuse", "Excuse breaches")],
                        max_length=8,
                    ),
                ),
                (
                    "start",
                    models.DateTimeField(help_text="Breaches that were due from then on are excused,", null=True),
                ),
                ("end", models.DateTimeField(help_text="and before then.", null=True)),
                (
                    "metric",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("time_to_assign", "Time to assign"),
                            ("time_to_accept", "Time to accept"),
                            ("time_to_touch", "Time to touch"),
                            ("speed_to_lead", "Speed to lead"),
                            ("time_to_next_touch", "Time to next touch"),
                            ("time_to_qualify", "Time to qualify"),
                            ("time_to_convert", "Time to convert"),
                            ("time_to_answer", "Time to answer"),
                            ("time_to_decide", "Time to decide"),
                        ],
                        db_default="",
                        default="",
                        max_length=40,
                    ),
                ),
                ("reason", models.TextField()),
                (
                    "via",
                    models.CharField(
                        choices=[
                            ("console", "Console"),
                            ("api", "API"),
                            ("slack", "Slack"),
                            ("import", "Import"),
                            ("sweep", "Sweep"),
                            ("system", "System"),
                        ],
                        db_default="console",
                        default="console",
                        max_length=8,
                    ),
                ),
                ("request_id", models.CharField(blank=True, db_default="", default="", max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("stopped", "Stopped"),
                        ],
                        db_default="waiting",
                        default="waiting",
                        max_length=8,
                    ),
                ),
                (
                    "total",
                    models.PositiveIntegerField(db_default=0, default=0, help_text="Clocks when it was asked for."),
                ),
                ("done", models.PositiveIntegerField(db_default=0, default=0)),
                ("refused", models.PositiveIntegerField(db_default=0, default=0)),
                (
                    "refusals",
                    models.JSONField(
                        db_default=[], default=list, help_text="The first refused: pairs of a lead and words."
                    ),
                ),
                (
                    "cursor",
                    models.BigIntegerField(db_default=0, default=0, help_text="The last clock that was dealt with."),
                ),
                ("note", models.TextField(blank=True, db_default="", default="", help_text="Why it was stopped.")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now
                    ),
                ),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
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
                    "policy",
                    models.ForeignKey(
                        help_text="To apply.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sla.policy",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("waiting", "running")), ("kind", "apply")),
                        fields=("policy",),
                        name="bulk_act_applies_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("waiting", "running")), ("kind", "excuse")),
                        fields=("start", "end", "metric"),
                        name="bulk_act_excuses_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("end", None), ("kind", "apply"), ("policy__isnull", False), ("start", None)),
                            models.Q(
                                ("end__isnull", False), ("kind", "excuse"), ("policy", None), ("start__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="bulk_act_says_of_which_clocks",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ("waiting", "running")), ("finished_at", None)),
                            models.Q(
                                models.Q(("state__in", ("waiting", "running")), _negated=True),
                                ("finished_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="bulk_act_finished_at_a_moment",
                    ),
                ],
            },
        ),
    ]
