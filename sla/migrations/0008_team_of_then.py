"""Keep with each clock the team in whose queue its lead waited.

Acts did not name the team before, so clocks that nobody owned get the one that their lead has today. Whom older clocks
are charged to is corrected from the history by `manage.py rebuild_clocks`.
"""

import django.db.models.deletion
from django.db import migrations, models

FILL = """
UPDATE sla_clock clock SET team_id = lead.team_id
FROM leads_lead lead WHERE lead.id = clock.lead_id AND clock.owner_id IS NULL AND lead.team_id IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0008_team_of_then"), ("sla", "0007_alarms_by_ranges")]

    operations = [
        migrations.AddField(
            model_name="clock",
            name="team",
            field=models.ForeignKey(
                db_constraint=False,
                db_default=None,
                db_index=False,
                help_text="The team of the lead, in whose queue it waits without an owner.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="leads.team",
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
