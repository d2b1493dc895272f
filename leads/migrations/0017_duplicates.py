"""Possible duplicates, the keys by which they are found, and the undoing of a merge."""

from importlib import import_module

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

from leads.sql import load

VERBS = [*import_module("leads.migrations.0014_deals").VERBS, ("unmerge", "Undo the merge")]
STATES = [
    ("open", "Open"),
    ("merged", "Merged"),
    ("not_the_same", "Not the same"),
    ("superseded", "No longer alike"),
]
UNMARK = """
DROP TRIGGER leads_match_new ON leads_lead;
DROP TRIGGER leads_match_changed ON leads_lead;
DROP FUNCTION leads_mark_new_for_matching();
DROP FUNCTION leads_mark_for_matching();
"""
# The leads that are here already: a worker compares them in the background.
MARK_ALL = "INSERT INTO leads_leadtomatch (lead_id) SELECT id FROM leads_lead WHERE merged_into_id IS NULL ORDER BY id"


class Migration(migrations.Migration):
    dependencies = [("leads", "0016_find_attributes")]

    operations = [
        migrations.CreateModel(
            name="LeadToMatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "lead",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="leads.lead",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MatchKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("value", models.BigIntegerField()),
                (
                    "lead",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="leads.lead"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("value", "lead"), name="match_key_once")],
            },
        ),
        migrations.CreateModel(
            name="PossibleDuplicate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("score", models.PositiveSmallIntegerField()),
                (
                    "reasons",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
                ),
                ("state", models.CharField(choices=STATES, default="open", max_length=12)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "first",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="leads.lead",
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="leads.lead"),
                ),
            ],
            options={
                "verbose_name": "possible duplicate",
                "ordering": ["-score", "-id"],
                "indexes": [
                    models.Index(condition=Q(state="open"), fields=["-score", "-id"], name="possible_duplicate_open")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("first", "second"), name="possible_duplicate_once"),
                    models.CheckConstraint(condition=Q(first__lt=F("second")), name="possible_duplicate_in_order"),
                    models.CheckConstraint(
                        condition=~Q(state__in=["merged", "not_the_same"]) | Q(decided_at__isnull=False),
                        name="possible_duplicate_decided_at_a_moment",
                    ),
                ],
            },
        ),
        migrations.RemoveConstraint("transition", "transition_verb_known"),
        migrations.RunSQL(migrations.RunSQL.noop, load("leads", "forget_unmerges.sql")),
        migrations.AlterField("transition", "verb", models.CharField(choices=VERBS, max_length=12)),
        migrations.AddConstraint(
            "transition",
            models.CheckConstraint(condition=Q(verb__in=[name for name, _ in VERBS]), name="transition_verb_known"),
        ),
        migrations.RunSQL(load("leads", "mark_for_matching.sql"), UNMARK),
        migrations.RunSQL(MARK_ALL, migrations.RunSQL.noop),
    ]
