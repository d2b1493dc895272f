"""Let the database refuse to empty the history, too: the triggers for each row do not see TRUNCATE."""

from django.db import migrations

# Tests empty the tables between them, and say so in the options of their connection. A role that may only read and
# write rows may not TRUNCATE at all, whatever it sets: see docs/operations.md.
CREATE = """
CREATE FUNCTION leads_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('handoff.allow_truncate', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER leads_transition_no_truncate BEFORE TRUNCATE ON leads_transition
    FOR EACH STATEMENT EXECUTE FUNCTION leads_refuse_truncate();
"""
DROP = """
DROP TRIGGER leads_transition_no_truncate ON leads_transition;
DROP FUNCTION leads_refuse_truncate();
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0008_team_of_then")]
    operations = [migrations.RunSQL(CREATE, DROP)]
