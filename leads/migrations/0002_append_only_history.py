"""Let the database itself refuse to change or delete history."""

from django.db import migrations

from leads.sql import load

DROP = """
DROP TRIGGER leads_transition_append_only ON leads_transition;
DROP FUNCTION leads_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0001_initial")]
    operations = [
        migrations.RunSQL(load("leads", "append_only.sql"), DROP),
        # Updates of a lead stay on their page (HOT): they happen at every step of its life.
        migrations.RunSQL("ALTER TABLE leads_lead SET (fillfactor = 85)", "ALTER TABLE leads_lead RESET (fillfactor)"),
    ]
