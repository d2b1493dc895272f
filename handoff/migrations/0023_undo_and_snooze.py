"""An act that is taken back leaves the funnel; people may be notified of it, and of a snooze that is over."""

from importlib import import_module

from django.db import migrations, models

from leads.sql import load

before_undo = import_module("handoff.migrations.0006_funnel_rollup").before_undo
VERBS = import_module("leads.migrations.0020_undo_and_snooze").VERBS
DROP = "DROP TRIGGER handoff_funnel_taken_back ON leads_takenback; DROP FUNCTION handoff_funnel_take_back();"
# The acts stay as comments when the leads go back to the release before, and nobody subscribed to those.
FORGET = "DELETE FROM handoff_subscription WHERE verb IN ('undo', 'snooze')"
CHANGED = [
    ("handoff.reports", "funnel_share.sql"),
    ("handoff.reports", "funnel_triggers.sql"),
    ("handoff.imports", "import_undo.sql"),
]

KINDS = [
    ("new_intent", "A known buyer asks again: the owner, or marketing when sales has no part in the lead"),
    ("given_by_system", "Handoff assigned a lead: the new owner"),
    ("merged", "Two leads were merged: the owners of both"),
    ("return_due", "The date to contact a buyer again has come: marketing"),
    ("held", "A lead is on hold without an end: its owner and their manager, or marketing"),
    ("snooze_over", "The time until which a lead was snoozed has come: its owner"),
]


def switch_on(apps, schema_editor):
    message = apps.get_model("handoff", "StandardMessage")
    message.objects.using(schema_editor.connection.alias).get_or_create(kind="snooze_over")


class Migration(migrations.Migration):
    dependencies = [("leads", "0020_undo_and_snooze"), ("handoff", "0022_import_changes")]
    operations = [
        *(migrations.RunSQL(load(*file), before_undo(*file)) for file in CHANGED),
        migrations.RunSQL(load("handoff.reports", "funnel_undo.sql"), DROP),
        migrations.AlterField("subscription", "verb", models.CharField(choices=VERBS, max_length=12)),
        migrations.RunSQL(migrations.RunSQL.noop, FORGET),
        migrations.AddField(
            "notice",
            "entries",
            models.JSONField(db_default=[], default=list, help_text="Lines with links of their own, if it is a list."),
        ),
        migrations.AlterField("standardmessage", "kind", models.CharField(choices=KINDS, max_length=15, unique=True)),
        migrations.RunPython(switch_on, migrations.RunPython.noop),
    ]
