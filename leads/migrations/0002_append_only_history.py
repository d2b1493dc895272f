"""Let the database itself refuse to change or delete history."""

from django.db import migrations

CREATE = """
CREATE FUNCTION leads_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER leads_transition_append_only BEFORE UPDATE OR DELETE ON leads_transition
    FOR EACH ROW EXECUTE FUNCTION leads_refuse_change();
"""
DROP = """
DROP TRIGGER leads_transition_append_only ON leads_transition;
DROP FUNCTION leads_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0001_initial")]
    operations = [
        migrations.RunSQL(CREATE, DROP),
        # Updates of a lead stay on their page (HOT): they happen at every step of its life.
        migrations.RunSQL("ALTER TABLE leads_lead SET (fillfactor = 85)", "ALTER TABLE leads_lead RESET (fillfactor)"),
    ]
