"""An act may be taken back, a lead may be snoozed, and people may be sent what waits for them."""

from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

from leads.sql import load

VERBS = [*import_module("leads.migrations.0017_duplicates").VERBS, ("snooze", "Snooze"), ("undo", "Undo")]
DROP = """
DROP TRIGGER leads_transition_take_back ON leads_transition;
DROP FUNCTION leads_take_back();
DROP TRIGGER leads_takenback_append_only ON leads_takenback;
DROP FUNCTION leads_keep_taken_back();
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0019_find_touchpoints")]

    operations = [
        migrations.AddField(
            "transition",
            "before",
            models.JSONField(db_default=None, help_text="What taking it back needs: how it was before.", null=True),
        ),
        migrations.AddField(
            "lead",
            "snoozed_until",
            models.DateTimeField(
                blank=True,
                db_default=None,
                help_text="When its owner wants to be reminded of it. No clock waits.",
                null=True,
            ),
        ),
        migrations.AddField(
            "user",
            "agenda_at",
            models.TimeField(
                blank=True,
                db_default=None,
                help_text="What waits for you is sent at this time. Empty: never.",
                null=True,
            ),
        ),
        migrations.AddField(
            "user",
            "agenda_days",
            models.CharField(
                blank=True,
                db_default="12345",
                default="12345",
                help_text="The days of it: 1 is Monday.",
                max_length=7,
            ),
        ),
        migrations.AddField(
            "user",
            "agenda_on",
            models.DateField(db_default=None, editable=False, help_text="The last day that was dealt with.", null=True),
        ),
        migrations.CreateModel(
            name="TakenBack",
            fields=[
                (
                    "act",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="taken_back",
                        serialize=False,
                        to="leads.transition",
                    ),
                ),
                (
                    "undo",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.transition",
                    ),
                ),
            ],
        ),
        migrations.RemoveConstraint("transition", "transition_verb_known"),
        migrations.RunSQL(migrations.RunSQL.noop, load("leads", "forget_undos.sql")),
        migrations.AlterField("transition", "verb", models.CharField(choices=VERBS, max_length=12)),
        migrations.AddConstraint(
            "transition",
            models.CheckConstraint(condition=Q(verb__in=[name for name, _ in VERBS]), name="transition_verb_known"),
        ),
        migrations.RunSQL(load("leads", "taken_back.sql"), DROP),
    ]
