"""The handoff rules, with those that were constants as the first version; and which reasons leave a lead valid."""

from datetime import UTC, datetime
from typing import Any

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def load(apps: Any, schema_editor: Any) -> None:  # noqa: ARG001
    """The first version has been in force for as long as there are handoffs. Its numbers are the defaults."""
    beginning = datetime(2000, 1, 1, tzinfo=UTC)
    apps.get_model("leads", "HandoffRules").objects.get_or_create(version=1, defaults={"active_from": beginning})
    apps.get_model("leads", "Reason").objects.filter(code="not_now").update(counts_as_valid=True)


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0028_lists_of_teams_and_campaigns"),
    ]

    operations = [
        migrations.AddField(
            model_name="reason",
            name="counts_as_valid",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="It was a good lead, though not for now: marketing delivered what was agreed on.",
                verbose_name="counts as a valid lead",
            ),
        ),
        migrations.CreateModel(
            name="HandoffRules",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("active_from", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(unique=True)),
                (
                    "recycle_limit",
                    models.PositiveSmallIntegerField(
                        default=3,
                        help_text="How many times a lead may be recycled.",
                        validators=[django.core.validators.MaxValueValidator(100)],
                        verbose_name="most rounds",
                    ),
                ),
                (
                    "cool_off_days",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="Days from its rejection until it may be handed over again. 0: only its own date counts.",
                        validators=[django.core.validators.MaxValueValidator(730)],
                        verbose_name="cool-off in days",
                    ),
                ),
                (
                    "needs_evidence",
                    models.BooleanField(
                        default=False,
                        help_text="A recycled lead is handed over again only with something new since it was rejected: a touchpoint, a changed fact, or a score that has risen.",
                        verbose_name="new evidence needed",
                    ),
                ),
                (
                    "score_rise",
                    models.PositiveSmallIntegerField(
                        default=1,
                        help_text="By how many points a score must have risen to be new evidence.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(1000),
                        ],
                        verbose_name="points of a risen score",
                    ),
                ),
                (
                    "needs_other_rep",
                    models.BooleanField(
                        default=False,
                        help_text="A recycled lead does not go to the rep who had it, unless they own the account.",
                        verbose_name="another rep needed",
                    ),
                ),
                (
                    "touches_to_qualify",
                    models.PositiveSmallIntegerField(
                        default=1,
                        help_text="Genuine touches since the handoff. 0: none.",
                        validators=[django.core.validators.MaxValueValidator(100)],
                        verbose_name="touches before it is qualified",
                    ),
                ),
                (
                    "touches_to_give_up",
                    models.PositiveSmallIntegerField(
                        default=1,
                        help_text="Fewest genuine touches for a reason that demands them. A reason may demand more.",
                        validators=[django.core.validators.MaxValueValidator(100)],
                        verbose_name="touches before it is unresponsive",
                    ),
                ),
                (
                    "dispute_days",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="Days after a rejection within which marketing may dispute it. 0: without a limit.",
                        validators=[django.core.validators.MaxValueValidator(730)],
                        verbose_name="days to dispute",
                    ),
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
                "verbose_name": "handoff rules",
                "verbose_name_plural": "handoff rules",
                "ordering": ["-version"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("marketing_signatory", None),
                            models.Q(("marketing_signatory", models.F("sales_signatory")), _negated=True),
                            _connector="OR",
                        ),
                        name="handoff_rules_signed_by_two_people",
                    )
                ],
            },
        ),
        migrations.RunPython(load, migrations.RunPython.noop),
    ]
