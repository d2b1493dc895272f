"""Wake the sweeper when an alarm is written that it may sleep over; and clear away what fired before it piles up."""

from django.db import migrations

from leads.sql import load

FORGET = """
DROP TRIGGER sla_alarm_due_soon ON sla_pendingalarm;
DROP FUNCTION sla_alarm_due_soon();
"""


class Migration(migrations.Migration):
    dependencies = [("sla", "0004_indexes_that_pay")]

    operations = [
        migrations.RunSQL(load("sla", "wake_sweeper.sql"), FORGET),
        migrations.RunSQL(
            "ALTER TABLE sla_pendingalarm SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000)",
            "ALTER TABLE sla_pendingalarm RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold)",
        ),
    ]
