"""Keep in the history which team a lead was of, and since when each person is in a team."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# A person who is new has been in the team for as long as anybody knows; so were those who are there already.
FOLLOW = """
CREATE FUNCTION leads_follow_membership() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        UPDATE leads_membership SET until = now() WHERE user_id = NEW.id AND until IS NULL;
    END IF;
    INSERT INTO leads_membership (user_id, team_id, since)
    VALUES (NEW.id, NEW.team_id, CASE WHEN TG_OP = 'UPDATE' THEN now() END);
    RETURN NULL;
END $$;
CREATE TRIGGER leads_membership_begins AFTER INSERT ON leads_user
    FOR EACH ROW EXECUTE FUNCTION leads_follow_membership();
CREATE TRIGGER leads_membership_changes AFTER UPDATE OF team_id ON leads_user
    FOR EACH ROW WHEN (OLD.team_id IS DISTINCT FROM NEW.team_id) EXECUTE FUNCTION leads_follow_membership();
INSERT INTO leads_membership (user_id, team_id) SELECT id, team_id FROM leads_user;
"""
FORGET = """
DROP TRIGGER leads_membership_begins ON leads_user;
DROP TRIGGER leads_membership_changes ON leads_user;
DROP FUNCTION leads_follow_membership;
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0007_reevaluate")]

    operations = [
        migrations.AddField(
            model_name="transition",
            name="team",
            field=models.ForeignKey(
                db_constraint=False,
                db_default=None,
                db_index=False,
                help_text="The team of the lead after the act. Empty too in acts recorded before this was kept.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="leads.team",
            ),
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateTimeField(help_text="Empty: as long as anybody knows.", null=True)),
                ("until", models.DateTimeField(help_text="Empty: until now.", null=True)),
                (
                    "team",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="leads.team",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("until", None)), fields=("user",), name="membership_one_at_a_time"
                    )
                ],
            },
        ),
        migrations.RunSQL(FOLLOW, FORGET),
    ]
