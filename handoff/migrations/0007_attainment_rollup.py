"""Keep the figures of the attainment by campaign ready, as those of the funnel are (see 0006)."""

from django.db import migrations, models

from leads.sql import load

# What was there before. The triggers keep writers out until this is committed.
FILL = """
INSERT INTO handoff_countedclock (clock_id, metric, campaign_id, outcome, business, wall)
SELECT clock_id, metric, campaign_id, outcome, business, wall FROM handoff_clockshare;
INSERT INTO handoff_attainmentcount (metric, campaign_id, figure, bucket, n)
SELECT metric, campaign_id, figure, bucket, count(*)
FROM handoff_countedclock, handoff_clock_figures(outcome, business, wall)
GROUP BY metric, campaign_id, figure, bucket;
"""
DROP_TRIGGERS = """
DROP TRIGGER handoff_attainment_clock ON sla_clock;
DROP TRIGGER handoff_attainment_ended ON sla_clock;
DROP TRIGGER handoff_attainment_moved ON leads_lead;
DROP FUNCTION handoff_attainment_clock, handoff_attainment_lead;
"""
DROP_SHARE = """
DROP VIEW handoff_clockshare;
DROP FUNCTION handoff_clock_figures, handoff_clock_share;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0006_funnel_rollup"),
        ("leads", "0006_rotation_and_benches"),
        ("sla", "0006_mark_policies_by_their_steps"),
    ]

    operations = [
        migrations.RunSQL(load("handoff.reports", "attainment_bucket.sql"), "DROP FUNCTION handoff_bucket"),
        migrations.CreateModel(
            name="AttainmentDelta",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("metric", models.CharField(max_length=20)),
                ("campaign_id", models.BigIntegerField()),
                ("figure", models.CharField(db_collation="C", max_length=9)),
                ("bucket", models.IntegerField()),
                ("n", models.IntegerField()),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="AttainmentCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("metric", models.CharField(max_length=20)),
                ("campaign_id", models.BigIntegerField()),
                ("figure", models.CharField(db_collation="C", max_length=9)),
                ("bucket", models.IntegerField()),
                ("n", models.IntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("metric", "campaign_id", "figure", "bucket"), name="attainment_count_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CountedClock",
            fields=[
                ("clock_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("metric", models.CharField(max_length=20)),
                ("campaign_id", models.BigIntegerField()),
                ("outcome", models.CharField(help_text="Running, met, breached, excused or cancelled.", max_length=9)),
                (
                    "business",
                    models.FloatField(help_text="Seconds, of those that were met or breached and timed.", null=True),
                ),
                ("wall", models.FloatField(help_text="Seconds, of those that were met or breached.", null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.F("metric"),
                        models.F("campaign_id"),
                        models.Func(models.F("business"), function="handoff_bucket"),
                        models.F("business"),
                        condition=models.Q(business__isnull=False),
                        name="counted_clock_business",
                    ),
                    models.Index(
                        models.F("metric"),
                        models.F("campaign_id"),
                        models.Func(models.F("wall"), function="handoff_bucket"),
                        models.F("wall"),
                        condition=models.Q(wall__isnull=False),
                        name="counted_clock_wall",
                    ),
                ],
            },
        ),
        migrations.RunSQL(load("handoff.reports", "attainment_share.sql"), DROP_SHARE),
        migrations.RunSQL(load("handoff.reports", "attainment_triggers.sql"), DROP_TRIGGERS),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
