"""The brief of a campaign, and that sales has acknowledged it."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0025_scoring"),
    ]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="acknowledged_at",
            field=models.DateTimeField(db_default=None, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="campaign",
            name="acknowledged_by",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="acknowledged_digest",
            field=models.CharField(db_default="", default="", editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name="campaign",
            name="target_audience",
            field=models.TextField(blank=True, db_default="", default="", verbose_name="for whom"),
        ),
        migrations.AddField(
            model_name="campaign",
            name="brief_rule",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "No brief is asked for"),
                    ("warn", "Hand over all the same, and say so"),
                    ("refuse", "Refuse to hand over"),
                ],
                db_default="",
                default="",
                max_length=6,
                verbose_name="without acknowledgement",
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="expected_acceptance",
            field=models.PositiveSmallIntegerField(
                blank=True,
                db_default=None,
                help_text="How many of a hundred sales will accept.",
                null=True,
                validators=[django.core.validators.MaxValueValidator(100)],
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="expected_leads",
            field=models.PositiveIntegerField(
                blank=True,
                db_default=None,
                help_text="How many leads sales will be handed.",
                null=True,
                verbose_name="expected handoffs",
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="offer",
            field=models.TextField(
                blank=True, db_default="", default="", help_text="What they are offered, and until when."
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="talk_track",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="How sales best begins; shown with the packet of each lead.",
            ),
        ),
    ]
