"""The edits of a lead are found by an index: the timeline of each page asks for them. Concurrently: it is written meanwhile."""

from django.db import migrations

NAME = "handoff_edits_of_one"
ADD = f'CREATE INDEX CONCURRENTLY IF NOT EXISTS "{NAME}" ON django_admin_log (object_id, content_type_id, action_time)'


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("handoff", "0026_letters"), ("admin", "0003_logentry_add_action_flag_choices")]

    operations = [migrations.RunSQL(ADD, f'DROP INDEX CONCURRENTLY IF EXISTS "{NAME}"')]
