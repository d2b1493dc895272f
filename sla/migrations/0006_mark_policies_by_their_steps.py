"""Let each change of a step show as a change of its policy's row: by those rows it is told whether anything changed."""

from django.db import migrations

MARK = """
CREATE FUNCTION sla_mark_policy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE sla_policy SET key = key WHERE id IN (NEW.policy_id, OLD.policy_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER sla_step_marks_policy AFTER INSERT OR UPDATE OR DELETE ON sla_step
    FOR EACH ROW EXECUTE FUNCTION sla_mark_policy();
"""
UNMARK = """
DROP TRIGGER sla_step_marks_policy ON sla_step;
DROP FUNCTION sla_mark_policy();
"""


class Migration(migrations.Migration):
    dependencies = [("sla", "0005_wake_the_sweeper")]

    operations = [migrations.RunSQL(MARK, UNMARK)]
