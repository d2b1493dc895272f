"""Let a metric have a longer name: what looks at the column is dropped, and made again in the same transaction."""

from django.db import migrations, models

from leads.sql import load

DROP = """
DROP VIEW handoff_clockshare;
DROP TRIGGER handoff_attainment_ended ON sla_clock;
"""
WIDEN = "ALTER TABLE sla_clock ALTER COLUMN metric TYPE varchar(40)"
NARROW = "ALTER TABLE sla_clock ALTER COLUMN metric TYPE varchar(20)"
SHARE, TRIGGERS = (load("handoff.reports", f"attainment_{name}.sql") for name in ("share", "triggers"))
NOTHING = migrations.RunSQL.noop


class Migration(migrations.Migration):
    dependencies = [("handoff", "0011_recipients"), ("sla", "0011_longer_names_of_metrics")]

    operations = [
        migrations.RunSQL(DROP, SHARE + TRIGGERS),
        migrations.RunSQL(WIDEN, NARROW),
        migrations.AlterField("countedclock", "metric", models.CharField(max_length=40)),
        migrations.AlterField("attainmentcount", "metric", models.CharField(max_length=40)),
        migrations.AlterField("attainmentdelta", "metric", models.CharField(max_length=40)),
        migrations.RunSQL(SHARE + TRIGGERS, DROP),
    ]
