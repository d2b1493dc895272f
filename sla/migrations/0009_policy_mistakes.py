"""Let a version of a policy be declared a mistake."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sla", "0008_team_of_then")]

    operations = [
        migrations.AddField(
            model_name="policy",
            name="mistake_at",
            field=models.DateTimeField(
                blank=True,
                db_default=None,
                editable=False,
                help_text="When this version was declared a mistake: nothing more of its ladder is sent or done.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="policy",
            name="mistake_reason",
            field=models.TextField(blank=True, db_default="", editable=False),
        ),
    ]
