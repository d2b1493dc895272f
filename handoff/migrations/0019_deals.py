"""The funnel counts a lead with several won deals once, and all that was won with it; messages may be about deals."""

from importlib import import_module

from django.db import migrations, models

before_undo = import_module("handoff.migrations.0006_funnel_rollup").before_undo
VERBS = import_module("leads.migrations.0014_deals").VERBS
# The acts that these tell of go when the leads go back to the release before.
FORGET = """
DELETE FROM handoff_delivery WHERE transition_id IN (SELECT id FROM leads_transition WHERE verb = 'update_deal');
DELETE FROM handoff_subscription WHERE verb = 'update_deal';
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0014_deals"), ("handoff", "0018_words")]
    operations = [
        # Of one deal a lead it says what the one before it said: it may stay when the schema goes back.
        migrations.RunSQL(before_undo("handoff.reports", "funnel_triggers.sql"), migrations.RunSQL.noop),
        migrations.AlterField("subscription", "verb", models.CharField(choices=VERBS, max_length=12)),
        migrations.RunSQL(migrations.RunSQL.noop, FORGET),
    ]
