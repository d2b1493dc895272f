"""Let the database refuse to empty the history, too: the triggers for each row do not see TRUNCATE."""

from django.db import migrations

from leads.sql import load

DROP = """
DROP TRIGGER leads_transition_no_truncate ON leads_transition;
DROP FUNCTION leads_refuse_truncate();
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0008_team_of_then")]
    operations = [migrations.RunSQL(load("leads", "refuse_truncate.sql"), DROP)]
