"""People may be notified when a merge is undone."""

from importlib import import_module

from django.db import migrations, models

VERBS = import_module("leads.migrations.0017_duplicates").VERBS
# The acts stay as comments when the leads go back to the release before, and nobody subscribed to those.
FORGET = "DELETE FROM handoff_subscription WHERE verb = 'unmerge'"


class Migration(migrations.Migration):
    dependencies = [("leads", "0017_duplicates"), ("handoff", "0019_deals")]
    operations = [
        migrations.AlterField("subscription", "verb", models.CharField(choices=VERBS, max_length=12)),
        migrations.RunSQL(migrations.RunSQL.noop, FORGET),
    ]
