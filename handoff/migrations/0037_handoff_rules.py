"""By which rules a handoff goes to and fro, and the score of a lead as it was rejected."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0036_goals"),
        ("leads", "0029_handoff_rules"),
    ]

    operations = [
        migrations.AddField(
            model_name="handoff",
            name="rules",
            field=models.ForeignKey(
                db_default=None,
                db_index=False,
                help_text="By which it goes to and fro. Empty: the first version, from before this was kept.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="leads.handoffrules",
            ),
        ),
        migrations.AddField(
            model_name="rejection",
            name="score",
            field=models.IntegerField(
                db_default=None,
                help_text="Of the lead as it was rejected. Empty: unknown, or it had none.",
                null=True,
            ),
        ),
    ]
