"""A touchpoint knows its source; the date to try a rejected lead again is kept on the lead."""

from django.db import migrations, models

FORWARD = """
UPDATE leads_lead lead SET reenter_on = (rejection.evidence ->> 'retry_on')::date
FROM (
    SELECT DISTINCT ON (lead_id) lead_id, evidence, answer FROM handoff_rejection ORDER BY lead_id, at DESC, id DESC
) rejection
WHERE rejection.lead_id = lead.id AND lead.state = 'rejected' AND rejection.evidence ? 'retry_on'
    AND rejection.answer <> 'retire' AND lead.merged_into_id IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0007_attainment_rollup"),
        ("leads", "0009_refuse_truncate"),
    ]

    operations = [
        migrations.AddField(
            model_name="touchpoint",
            name="source",
            field=models.CharField(blank=True, db_default="", default="", max_length=80),
        ),
        migrations.AlterField(
            model_name="lead",
            name="reenter_on",
            field=models.DateField(
                blank=True,
                help_text="When to come back to a recycled lead, or to one that was rejected for now.",
                null=True,
            ),
        ),
        migrations.RunSQL(FORWARD, migrations.RunSQL.noop),
    ]
