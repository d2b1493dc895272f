"""Keep the figures of the funnel ready: what changes them appends a delta, by triggers that no writer can forget."""

from django.db import migrations, models

from leads.sql import load

# What was there before. The triggers keep writers out until this is committed.
FILL = """
INSERT INTO handoff_funnelcount (month, campaign_id, source, currency,
    leads, mql, sal, sql, opportunity, won, priced, amount)
SELECT month, campaign_id, source, currency, sum(leads), sum(mql), sum(sal), sum(sql), sum(opportunity), sum(won),
    sum(priced), sum(amount)
FROM handoff_funnelshare WHERE counts
GROUP BY month, campaign_id, source, currency;
"""
# The files as they were before acts could be taken back: the table that they name comes later.
UNDO = "AND NOT EXISTS (SELECT FROM leads_takenback WHERE act_id = leads_transition.id)"


def before_undo(package: str, name: str) -> str:
    return load(package, name).replace(UNDO, "")


DROP = """
DROP TRIGGER handoff_funnel_captured ON leads_lead;
DROP TRIGGER handoff_funnel_removed ON leads_lead;
DROP TRIGGER handoff_funnel_moved ON leads_lead;
DROP TRIGGER handoff_funnel_reached ON leads_transition;
DROP TRIGGER handoff_funnel_sold ON leads_opportunity;
DROP TRIGGER handoff_funnel_deal ON leads_opportunity;
DROP FUNCTION handoff_funnel_lead, handoff_funnel_leads, handoff_funnel_moves, handoff_funnel_deals, handoff_funnel_deal,
    handoff_funnel_deal_adds, handoff_funnel_add;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0005_indexes_that_pay"),
        ("leads", "0005_pauses_absences_and_quiet_hours"),
    ]

    operations = [
        migrations.CreateModel(
            name="FunnelDelta",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("campaign_id", models.BigIntegerField()),
                ("source", models.CharField(blank=True, max_length=80)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("leads", models.IntegerField()),
                ("mql", models.IntegerField()),
                ("sal", models.IntegerField()),
                ("sql", models.IntegerField()),
                ("opportunity", models.IntegerField()),
                ("won", models.IntegerField()),
                ("priced", models.IntegerField()),
                ("amount", models.DecimalField(decimal_places=2, max_digits=20)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="FunnelCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("campaign_id", models.BigIntegerField()),
                ("source", models.CharField(blank=True, max_length=80)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("leads", models.IntegerField()),
                ("mql", models.IntegerField()),
                ("sal", models.IntegerField()),
                ("sql", models.IntegerField()),
                ("opportunity", models.IntegerField()),
                ("won", models.IntegerField()),
                ("priced", models.IntegerField()),
                ("amount", models.DecimalField(decimal_places=2, max_digits=20)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("month", "campaign_id", "source", "currency"), name="funnel_count_once"
                    )
                ],
            },
        ),
        migrations.RunSQL(before_undo("handoff.reports", "funnel_share.sql"), "DROP VIEW handoff_funnelshare"),
        migrations.RunSQL(before_undo("handoff.reports", "funnel_triggers.sql"), DROP),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
