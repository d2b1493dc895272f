"""The database notes what an import makes and changes, and lets exactly that be undone."""

from importlib import import_module

from django.db import migrations

from leads.sql import load

before_undo = import_module("handoff.migrations.0006_funnel_rollup").before_undo
NO_NOTES = "DROP FUNCTION handoff_import_notes_inserts() CASCADE; DROP FUNCTION handoff_import_notes_updates() CASCADE;"
NO_UNDO = """
DROP TRIGGER handoff_funnel_unreached ON leads_transition;
DROP FUNCTION handoff_funnel_unmove, handoff_funnel_unreach;
"""
ALWAYS_REFUSE = """
CREATE OR REPLACE FUNCTION leads_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
DROP FUNCTION leads_is_undone(text, bigint, bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("handoff", "0021_imports"), ("leads", "0019_find_touchpoints")]
    operations = [
        migrations.RunSQL(load("handoff.imports", "import_changes.sql"), NO_NOTES),
        migrations.RunSQL(before_undo("handoff.imports", "import_undo.sql"), NO_UNDO),
        migrations.RunSQL(load("leads", "append_only.sql"), ALWAYS_REFUSE),
    ]
