"""Scoring models, and what a lead has from the one in force."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import leads.score_rules
from leads.sql import load


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0024_find_accounts"),
    ]

    operations = [
        migrations.AddField(
            model_name="lead",
            name="fit_grade",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                help_text="By the points of fit: A to D, or X where the model excludes it. Empty without a model.",
                max_length=1,
            ),
        ),
        migrations.AddField(
            model_name="lead",
            name="scored_at",
            field=models.DateTimeField(
                blank=True,
                default=None,
                db_default=None,
                editable=False,
                help_text="As of when its score is that of the model.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="lead",
            name="stated_score",
            field=models.IntegerField(
                blank=True,
                default=None,
                db_default=None,
                editable=False,
                help_text="What other systems say its score is, once a scoring model gives it one.",
                null=True,
            ),
        ),
        migrations.CreateModel(
            name="ScoringModel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("active_from", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(unique=True)),
                ("text", models.TextField(help_text="What the score is for, and how it is to be read.")),
                (
                    "fit_rules",
                    models.JSONField(blank=True, default=list, validators=[leads.score_rules.validate_fit_rules]),
                ),
                (
                    "behaviour_rules",
                    models.JSONField(blank=True, default=list, validators=[leads.score_rules.validate_behaviour_rules]),
                ),
                (
                    "exclusions",
                    models.JSONField(blank=True, default=list, validators=[leads.score_rules.validate_exclusions]),
                ),
                (
                    "grade_a",
                    models.IntegerField(
                        default=30, help_text="Points of fit from which the fit grade is A.", verbose_name="A from"
                    ),
                ),
                ("grade_b", models.IntegerField(default=20, verbose_name="B from")),
                ("grade_c", models.IntegerField(default=10, help_text="Below this it is D.", verbose_name="C from")),
                (
                    "review_months",
                    models.PositiveSmallIntegerField(
                        default=12,
                        help_text="When both sides look at it again: 12 at most.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(12),
                        ],
                        verbose_name="review after months",
                    ),
                ),
                (
                    "review_on",
                    models.DateField(blank=True, editable=False, help_text="When its next review is due.", null=True),
                ),
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
                "verbose_name": "scoring model",
                "ordering": ["-version"],
            },
        ),
        migrations.AddField(
            model_name="lead",
            name="scored_by",
            field=models.ForeignKey(
                blank=True,
                default=None,
                db_default=None,
                db_index=False,
                editable=False,
                help_text="Empty: its score is from outside.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="leads.scoringmodel",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoringmodel",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("marketing_signatory", None),
                    models.Q(("marketing_signatory", models.F("sales_signatory")), _negated=True),
                    _connector="OR",
                ),
                name="scoring_model_signed_by_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoringmodel",
            constraint=models.CheckConstraint(
                condition=models.Q(("grade_a__gt", models.F("grade_b")), ("grade_b__gt", models.F("grade_c"))),
                name="scoring_model_grades_descend",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoringmodel",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("active_from", None), ("review_on", None)),
                    models.Q(("active_from__isnull", False), ("review_on__isnull", False)),
                    _connector="OR",
                ),
                name="scoring_model_in_force_is_reviewed",
            ),
        ),
        migrations.RunSQL(load("leads", "as_stated.sql"), "DROP FUNCTION leads_as_stated(jsonb)"),
    ]
