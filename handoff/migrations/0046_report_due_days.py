"""Reports count by more days, as that on which a clock that runs falls due: changes of these leave marks too."""

from django.db import migrations

from leads.sql import load

UNMARK = "DROP FUNCTION handoff_report_mark_entered() CASCADE"


class Migration(migrations.Migration):
    dependencies = [("handoff", "0045_cheaper_triggers")]
    # Of the release before, what is kept is by other names: nothing of it is read any more.
    operations = [
        migrations.RunSQL(load("handoff.reports", "report_moments.sql"), migrations.RunSQL.noop),
        migrations.RunSQL(load("handoff.reports", "report_marks.sql"), UNMARK),
    ]
