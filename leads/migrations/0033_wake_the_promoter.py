"""Marks of raw leads wake the promoter, and cost a touchpoint less."""

from django.db import migrations

from leads.sql import load


class Migration(migrations.Migration):
    dependencies = [("leads", "0032_what_reasons_concern")]

    operations = [
        # Not taken back: without a promoter that listens they only wake nobody, and 0023 removes them.
        migrations.RunSQL(load("leads", "mark_candidates.sql"), migrations.RunSQL.noop),
    ]
