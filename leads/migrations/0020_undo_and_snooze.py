"""An act may be taken back: neither of the two counts then. And a lead may be snoozed."""

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
