"""Wake the sweeper when an alarm is written that it may sleep over; and clear away what fired before it piles up."""

from django.db import migrations

# A NOTIFY takes a lock of the whole cluster at commit, so only what is due before the sweeper looks again is worth one.
WAKE = """
CREATE FUNCTION sla_alarm_due_soon() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NOTIFY sla_alarm_due_soon;
    RETURN NULL;
END
$$;
CREATE TRIGGER sla_alarm_due_soon AFTER INSERT OR UPDATE OF due_at ON sla_pendingalarm
    FOR EACH ROW WHEN (NEW.due_at < now() + interval '2 seconds') EXECUTE FUNCTION sla_alarm_due_soon();
ALTER TABLE sla_pendingalarm SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
"""
FORGET = """
ALTER TABLE sla_pendingalarm RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
DROP TRIGGER sla_alarm_due_soon ON sla_pendingalarm;
DROP FUNCTION sla_alarm_due_soon();
"""


class Migration(migrations.Migration):
    dependencies = [("sla", "0004_indexes_that_pay")]

    operations = [migrations.RunSQL(WAKE, FORGET)]
