"""Goals of a period, weekly capacities of people, and the switch that lets both sides sign SLA policies."""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0035_scheduled_reports"),
        ("leads", "0027_lists_by_index"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Goal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "measure",
                    models.CharField(
                        choices=[
                            ("delivered", "Delivered leads"),
                            ("accepted", "Accepted leads"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "length",
                    models.CharField(
                        choices=[("month", "Month"), ("quarter", "Quarter")], max_length=7, verbose_name="period"
                    ),
                ),
                (
                    "starts_on",
                    models.DateField(
                        help_text="The first day of the month or fiscal quarter.", verbose_name="begins on"
                    ),
                ),
                ("value", models.PositiveIntegerField(verbose_name="leads")),
                (
                    "set_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: the whole firm.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="goals",
                        to="leads.team",
                    ),
                ),
            ],
            options={
                "ordering": ["-starts_on", "length", "measure", "team__name"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("measure", "length", "starts_on", "team"),
                        name="goal_once",
                        nulls_distinct=False,
                        violation_error_message="There is such a goal already: change that one.",
                    ),
                    models.CheckConstraint(condition=models.Q(("starts_on__day", 1)), name="goal_begins_with_a_month"),
                ],
            },
        ),
        migrations.CreateModel(
            name="WeeklyCapacity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("starts_on", models.DateField(verbose_name="from")),
                ("leads", models.PositiveSmallIntegerField(verbose_name="leads a week")),
                (
                    "set_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="weekly_capacities",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "weekly capacity",
                "verbose_name_plural": "weekly capacities",
                "ordering": ["person__username", "-starts_on"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("person", "starts_on"),
                        name="weekly_capacity_once",
                        violation_error_message="This person has a capacity from that day already: change that one.",
                    )
                ],
            },
        ),
    ]
