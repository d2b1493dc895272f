"""Let each change of a step show as a change of its policy's row: by those rows it is told whether anything changed."""

from django.db import migrations

from leads.sql import load

UNMARK = """
DROP TRIGGER sla_step_marks_policy ON sla_step;
DROP FUNCTION sla_mark_policy();
"""


class Migration(migrations.Migration):
    dependencies = [("sla", "0005_wake_the_sweeper")]

    operations = [migrations.RunSQL(load("sla", "mark_policies.sql"), UNMARK)]
