"""How many open leads a person can work, as their manager says."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0021_find_snoozed")]

    operations = [
        migrations.AddField(
            "user",
            "capacity",
            models.PositiveSmallIntegerField(
                blank=True,
                help_text="How many open leads are as many as this person can work. Empty: not set.",
                null=True,
            ),
        ),
    ]
