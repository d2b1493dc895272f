"""What keeps inboxes and marks the figures of reports costs an act less."""

from django.db import migrations

from leads.sql import load


class Migration(migrations.Migration):
    dependencies = [("handoff", "0044_replay_runs"), ("leads", "0033_wake_the_promoter")]

    operations = [
        # Not taken back: they write the same as those before, and 0024 and 0041 remove them.
        migrations.RunSQL(load("handoff.models", "inbox_entries.sql"), migrations.RunSQL.noop),
        migrations.RunSQL(load("handoff.reports", "report_marks.sql"), migrations.RunSQL.noop),
    ]
