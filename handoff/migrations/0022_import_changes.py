"""The database notes what an import makes and changes, and lets exactly that be undone."""

from django.db import migrations

from leads.sql import load

TABLES = {
    "leads_lead": ("inserted", "updated"),
    "leads_externalid": ("inserted", "updated"),
    "leads_touch": ("inserted", "updated"),
    "leads_touchpoint": ("inserted", "updated"),
    "leads_consent": ("inserted",),
    "leads_opportunity": ("inserted", "updated"),
    "leads_campaign": ("inserted", "updated"),
    "leads_transition": ("inserted",),
    "handoff_handoff": ("inserted", "updated"),
    "handoff_rejection": ("inserted", "updated"),
}
NO_NOTES = "".join(
    f"DROP TRIGGER {table}_{done}_by_import ON {table};\n" for table, all_done in TABLES.items() for done in all_done
)
NO_NOTES += "DROP FUNCTION handoff_import_notes_inserts(); DROP FUNCTION handoff_import_notes_updates();"
NO_UNDO = "DROP TRIGGER handoff_funnel_unreached ON leads_transition; DROP FUNCTION handoff_funnel_unmove();"
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
        migrations.RunSQL(load("handoff.imports", "import_undo.sql"), NO_UNDO),
        migrations.RunSQL(load("leads", "append_only.sql"), ALWAYS_REFUSE),
    ]
