"""Required actions by tier, closed periods with what they count, and reviews with what they agreed."""

import django.contrib.postgres.fields
import django.core.serializers.json
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0037_handoff_rules"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PeriodClose",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.CharField(
                        help_text="Like 2026-03, or 2026-Q1 of the fiscal year.", max_length=7, unique=True
                    ),
                ),
                ("start", models.DateTimeField()),
                ("end", models.DateTimeField()),
                ("zone", models.CharField(max_length=64)),
                ("closed_at", models.DateTimeField()),
                ("figures", models.JSONField(help_text="Of the scorecard, by the name of the column.")),
                ("goals", models.JSONField(default=dict, help_text="As they were, by the name of the figure.")),
                (
                    "closed_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-start"],
            },
        ),
        migrations.CreateModel(
            name="ClosedItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(help_text="The list that it is in.", max_length=10)),
                ("item_id", models.BigIntegerField(help_text="Its number in that list.")),
                ("lead_id", models.BigIntegerField(help_text="Not a key: an import that is undone removes its leads.")),
                ("at", models.DateTimeField()),
                (
                    "figures",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=None),
                ),
                (
                    "close",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="handoff.periodclose",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RequiredActions",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("tier", models.CharField(choices=[("A", "A"), ("B", "B"), ("C", "C"), ("D", "D")], max_length=1)),
                (
                    "score_from",
                    models.IntegerField(
                        blank=True,
                        help_text="A lead without a fit grade is of this tier from this score on. Empty: only the grade counts.",
                        null=True,
                        verbose_name="Score from",
                    ),
                ),
                (
                    "actions",
                    models.PositiveSmallIntegerField(
                        help_text="Touches by a person.",
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(50),
                        ],
                    ),
                ),
                (
                    "within_days",
                    models.PositiveSmallIntegerField(
                        default=14,
                        help_text="Since sales accepted the lead.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(365),
                        ],
                        verbose_name="Within (days)",
                    ),
                ),
                (
                    "starts_on",
                    models.DateField(
                        help_text="For leads that are handed over from this day on.", verbose_name="In force from"
                    ),
                ),
                (
                    "set_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-starts_on", "tier"],
            },
        ),
        migrations.CreateModel(
            name="ReviewAction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("period", models.CharField(db_index=True, help_text="In whose review it was agreed.", max_length=7)),
                ("text", models.CharField(max_length=300, verbose_name="What")),
                ("due_on", models.DateField(verbose_name="Due on")),
                (
                    "agreed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now
                    ),
                ),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "agreed_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "done_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["due_on", "id"],
            },
        ),
        migrations.CreateModel(
            name="ReviewPack",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("format", models.PositiveSmallIntegerField(help_text="By which it is drawn up.")),
                ("data", models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ("stored_at", models.DateTimeField()),
                ("pdf", models.BinaryField(help_text="As it was drawn up when the review ended.", null=True)),
                (
                    "ended_at",
                    models.DateTimeField(
                        help_text="When the review ended: from then on no action is added.", null=True
                    ),
                ),
                (
                    "close",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="pack", to="handoff.periodclose"
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="periodclose",
            constraint=models.CheckConstraint(
                condition=models.Q(("end__gt", models.F("start"))), name="close_ends_after_start"
            ),
        ),
        migrations.AddConstraint(
            model_name="closeditem",
            constraint=models.UniqueConstraint(fields=("close", "kind", "item_id"), name="closed_item_once"),
        ),
        migrations.AddConstraint(
            model_name="requiredactions",
            constraint=models.UniqueConstraint(
                fields=("tier", "starts_on"),
                name="required_actions_once_a_day",
                violation_error_message="There are required actions for this tier from this day on already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("done_at", None), ("done_by", None)),
                    models.Q(("done_at__isnull", False), ("done_by__isnull", False)),
                    _connector="OR",
                ),
                name="review_action_done_by_someone",
            ),
        ),
    ]
