"""Definitions that promote by themselves, and the leads that are to be judged by one."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Now

from leads.sql import load

UNMARK = """
DROP TRIGGER IF EXISTS leads_candidate_retouched ON leads_touchpoint;
DROP TRIGGER IF EXISTS leads_candidate_touched ON leads_touchpoint;
DROP TRIGGER IF EXISTS leads_candidate_changed ON leads_lead;
DROP TRIGGER IF EXISTS leads_candidate_new ON leads_lead;
DROP FUNCTION IF EXISTS leads_mark_candidates_of_touchpoints();
DROP FUNCTION IF EXISTS leads_mark_candidate();
DROP FUNCTION IF EXISTS leads_mark_candidates(bigint[]);
DROP FUNCTION IF EXISTS leads_mark_new_candidates();
DROP FUNCTION IF EXISTS leads_some_definition_promotes();
"""
RECEIVERS = [
    ("account", "The owner of the account, else the rotation of the team"),
    ("rotation", "The rotation of the team"),
    ("queue", "The queue of the team"),
]
STAGES = [("mql", "MQL"), ("sal", "SAL"), ("sql", "SQL")]
PROMOTES_TO_A_TEAM = Q(promotes=False) | Q(stage="mql", team__isnull=False)


class Migration(migrations.Migration):
    dependencies = [("leads", "0022_capacity")]

    operations = [
        migrations.CreateModel(
            name="Candidate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "due_at",
                    models.DateTimeField(db_default=Now(), help_text="Later than now where time alone may decide."),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="leads.lead",
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["due_at", "id"], name="candidate_due")]},
        ),
        migrations.AlterField("definition", "stage", models.CharField(choices=STAGES, max_length=5)),
        migrations.AddField(
            "definition",
            "promotes",
            models.BooleanField(
                db_default=False,
                default=False,
                help_text="A raw lead that comes to meet the criteria is handed over at once, without anybody's doing.",
                verbose_name="promotes by itself",
            ),
        ),
        migrations.AddField(
            "definition",
            "receiver",
            models.CharField(
                choices=RECEIVERS, db_default="queue", default="queue", max_length=8, verbose_name="given to"
            ),
        ),
        migrations.AddField(
            "definition",
            "team",
            models.ForeignKey(
                blank=True,
                help_text="The team that gets it.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="leads.team",
            ),
        ),
        migrations.AddField(
            "definition",
            "looked_to",
            models.BigIntegerField(
                db_default=0,
                default=0,
                editable=False,
                help_text=(
                    "Of the leads that were there when it came into force, the last that was looked at. "
                    "Empty: all were."
                ),
                null=True,
            ),
        ),
        migrations.AddConstraint(
            "definition",
            models.CheckConstraint(
                condition=PROMOTES_TO_A_TEAM,
                name="definition_promotes_to_a_team",
                violation_error_message="Only a definition of MQL promotes by itself, and it names a team.",
            ),
        ),
        migrations.RunSQL(load("leads", "mark_candidates.sql"), UNMARK),
    ]
