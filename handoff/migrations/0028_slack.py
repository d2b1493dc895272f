"""Acting from Slack: where its messages stand, what is answered, and what has come in."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from leads.sql import load

NO_TRIGGER = "DROP TRIGGER handoff_slack_outdated ON leads_transition; DROP FUNCTION handoff_slack_outdate();"


class Migration(migrations.Migration):
    dependencies = [("handoff", "0027_find_edits_of_a_lead"), ("leads", "0022_capacity")]
    operations = [
        migrations.CreateModel(
            name="SlackRequest",
            fields=[
                (
                    "key",
                    models.CharField(
                        help_text="Its signature, or its trigger.", max_length=200, primary_key=True, serialize=False
                    ),
                ),
                ("answer", models.JSONField(help_text="What was answered, for a retry.", null=True)),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="SlackReply",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "url",
                    models.CharField(help_text="A secret: whoever has it can post for half an hour.", max_length=500),
                ),
                ("text", models.TextField(blank=True, help_text="For the person alone; empty: replace the message.")),
                ("reply_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "delivery",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="handoff.delivery",
                    ),
                ),
            ],
            options={"verbose_name_plural": "slack replies"},
        ),
        migrations.CreateModel(
            name="SlackMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "channel",
                    models.CharField(help_text="The id that Slack answered with, also for a person.", max_length=40),
                ),
                ("ts", models.CharField(help_text="By which Slack knows the message in its channel.", max_length=40)),
                ("shown", models.CharField(blank=True, help_text="The digest of what it says.", max_length=32)),
                (
                    "update_at",
                    models.DateTimeField(help_text="When to look at it again; empty: it is up to date.", null=True),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("posted_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "delivery",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="slack_message",
                        to="handoff.delivery",
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="leads.lead",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("update_at__isnull", False)), fields=["update_at"], name="slackmessage_due"
                    )
                ],
            },
        ),
        migrations.RunSQL(load("handoff.alerts", "slack_messages.sql"), NO_TRIGGER),
    ]
