"""Keep in the history which team a lead was of, and since when each person is in a team."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from leads.sql import load

# Those who are there already have been in their team for as long as anyone knows.
FILL = "INSERT INTO leads_membership (user_id, team_id) SELECT id, team_id FROM leads_user"
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
        migrations.RunSQL(load("leads", "memberships.sql"), FORGET),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
