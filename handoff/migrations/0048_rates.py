"""Rates of currencies, and the functions that convert an amount by them."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from leads.sql import load

DROP = """
DROP FUNCTION handoff_in_currency(numeric, varchar, date, varchar, bigint, integer);
DROP FUNCTION handoff_rounded(numeric);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0046_report_due_days"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RateSet",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(help_text="Like “ECB month-end”.", max_length=60, unique=True)),
                ("version", models.PositiveIntegerField(db_default=0, default=0)),
                (
                    "currencies",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=3),
                        db_default=[],
                        default=list,
                        help_text="Into which it converts.",
                        size=None,
                    ),
                ),
                (
                    "changed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now
                    ),
                ),
            ],
            options={"ordering": ["name"]},
        ),
        migrations.CreateModel(
            name="Rate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_currency", models.CharField(max_length=3, verbose_name="from")),
                ("to_currency", models.CharField(max_length=3, verbose_name="to")),
                ("starts_on", models.DateField(verbose_name="holds from")),
                ("rate", models.DecimalField(decimal_places=10, max_digits=20)),
                ("since_version", models.PositiveIntegerField()),
                (
                    "until_version",
                    models.PositiveIntegerField(help_text="In which it was replaced or withdrawn.", null=True),
                ),
                (
                    "note",
                    models.CharField(
                        blank=True, db_default="", default="", help_text="Why it was changed.", max_length=300
                    ),
                ),
                (
                    "set_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now
                    ),
                ),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "ended_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "of_set",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rates",
                        to="handoff.rateset",
                        verbose_name="set",
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
                "ordering": ["of_set__name", "from_currency", "to_currency", "-starts_on", "-since_version"],
                "indexes": [
                    models.Index(fields=["of_set", "from_currency", "to_currency", "-starts_on"], name="rate_by_day")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("until_version", None)),
                        fields=("of_set", "from_currency", "to_currency", "starts_on"),
                        name="rate_once_a_day",
                    ),
                    models.CheckConstraint(condition=models.Q(("rate__gt", 0)), name="rate_above_zero"),
                    models.CheckConstraint(
                        condition=models.Q(("from_currency", models.F("to_currency")), _negated=True),
                        name="rate_of_two_currencies",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("until_version", None)),
                            models.Q(("ended_at__isnull", False), ("until_version__gt", models.F("since_version"))),
                            _connector="OR",
                        ),
                        name="rate_ends_after_it_began",
                    ),
                ],
            },
        ),
        migrations.RunSQL(load("handoff.reports", "in_currency.sql"), DROP),
    ]
