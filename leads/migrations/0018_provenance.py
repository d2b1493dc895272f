"""Whose each fact of a lead is, which sources are believed more, and when a touchpoint was recorded."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Now


def rank_persons(apps, schema_editor):
    """A person is above all sources until RevOps says otherwise."""
    ranks = apps.get_model("leads", "SourceRank")
    ranks.objects.using(schema_editor.connection.alias).get_or_create(
        system="person", fact="", defaults={"position": 1, "is_final": True}
    )


class Migration(migrations.Migration):
    dependencies = [("leads", "0017_duplicates")]

    operations = [
        migrations.AddField(
            "lead",
            "provenance",
            models.JSONField(
                db_default={},
                default=dict,
                editable=False,
                help_text="By fact: from which system, when and by whom it is.",
            ),
        ),
        migrations.CreateModel(
            name="SourceRank",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "system",
                    models.CharField(
                        help_text="Like hubspot; “person” is whoever corrects a lead by hand.", max_length=40
                    ),
                ),
                (
                    "fact",
                    models.CharField(
                        blank=True, help_text="Empty: every fact without an order of its own.", max_length=80
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(help_text="1 is the strongest.")),
                (
                    "is_final",
                    models.BooleanField(
                        default=False,
                        help_text="Its values stay, however late those of weaker sources come. Otherwise the later "
                        "value wins, and the order decides between equal moments only.",
                    ),
                ),
            ],
            options={
                "verbose_name": "system",
                "ordering": ["fact", "position", "system"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("fact", "system"),
                        name="source_rank_once",
                        violation_error_message="This source has a place in this order already.",
                    ),
                    models.CheckConstraint(condition=~Q(system=""), name="source_rank_named"),
                ],
            },
        ),
        migrations.RunPython(rank_persons, migrations.RunPython.noop),
        migrations.AddField(
            "touchpoint",
            "recorded_by",
            models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        # In two steps: those that are there were not recorded now.
        migrations.AddField("touchpoint", "recorded_at", models.DateTimeField(null=True)),
        migrations.AlterField(
            "touchpoint",
            "recorded_at",
            models.DateTimeField(
                db_default=Now(),
                default=django.utils.timezone.now,
                help_text="Empty: before this was kept.",
                null=True,
            ),
        ),
    ]
