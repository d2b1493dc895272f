"""Plainer labels, help texts and messages; the database is not touched."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0011_find_what_was_promised"),
    ]

    operations = [
        migrations.AlterField(
            model_name="absence",
            name="imposed",
            field=models.BooleanField(
                default=False, editable=False, help_text="By a ladder: the person cannot take it back themselves."
            ),
        ),
        migrations.AlterField(
            model_name="lead",
            name="entered_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now, help_text="Since when it has been in its state."
            ),
        ),
        migrations.AlterField(
            model_name="lead",
            name="paused_at",
            field=models.DateTimeField(blank=True, help_text="Since when its clocks are paused.", null=True),
        ),
        migrations.AlterField(
            model_name="team",
            name="email",
            field=models.EmailField(
                blank=True, help_text="A shared mailbox, which gets the messages of the team.", max_length=254
            ),
        ),
        migrations.AlterField(
            model_name="transition",
            name="historical",
            field=models.BooleanField(
                default=False, help_text="Written by a backfill: runs no clock, notifies no one."
            ),
        ),
        migrations.AlterField(
            model_name="transition",
            name="team",
            field=models.ForeignKey(
                db_constraint=False,
                db_default=None,
                db_index=False,
                help_text="The team of the lead after the act. Empty too in acts recorded before this column existed.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="leads.team",
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="digest_at",
            field=models.TimeField(
                blank=True, help_text="Daily digest at this time. Empty: messages are sent immediately.", null=True
            ),
        ),
    ]
