"""The firm's calendar, by which reports count, and the views that tools for reports may read."""

from calendar import month_name

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Now

from leads.models.people import validate_zone
from leads.sql import load

WEEKDAYS = [(1, "Monday"), (6, "Saturday"), (7, "Sunday")]
MONTHS = list(enumerate(month_name))[1:]


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0031_field_notes"),
        ("leads", "0029_handoff_rules"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="Firm",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                (
                    "time_zone",
                    models.CharField(db_default="UTC", default="UTC", max_length=64, validators=[validate_zone]),
                ),
                (
                    "week_starts",
                    models.PositiveSmallIntegerField(
                        choices=WEEKDAYS, db_default=1, default=1, help_text="The first day of a week."
                    ),
                ),
                (
                    "year_starts",
                    models.PositiveSmallIntegerField(
                        choices=MONTHS,
                        db_default=1,
                        default=1,
                        help_text="The first month of the fiscal year, which is named for the year in which it ends.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(12),
                        ],
                    ),
                ),
                ("changed_at", models.DateTimeField(db_default=Now(), default=django.utils.timezone.now)),
                (
                    "changed_by",
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
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="firm_once"),
                    models.CheckConstraint(
                        condition=models.Q(("week_starts__range", (1, 7))), name="firm_week_starts_on_a_day"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("year_starts__range", (1, 12))), name="firm_year_starts_in_a_month"
                    ),
                ],
            },
        ),
        migrations.RunSQL("INSERT INTO handoff_firm (id) VALUES (1) ON CONFLICT DO NOTHING", migrations.RunSQL.noop),
        migrations.RunSQL(load("handoff.reports", "reporting.sql"), "DROP SCHEMA reporting CASCADE"),
    ]
