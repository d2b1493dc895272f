"""Refuse unsigned changes of SLA values, where the handoff rules ask for signatures."""

from django.db import migrations

from leads.sql import load


class Migration(migrations.Migration):
    dependencies = [("sla", "0014_lists_by_index"), ("leads", "0031_signed_sla_values")]

    operations = [
        migrations.RunSQL(
            load("sla", "signed_values.sql"),
            "DROP FUNCTION sla_refuse_unsigned() CASCADE; DROP FUNCTION sla_needs_signatures();",
        ),
    ]
