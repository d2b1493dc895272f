"""A lead may have several deals, each with an identity, a stage and an owner; the history keeps every change of one."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from leads.sql import load

VERBS = [
    ("promote", "Promote"),
    ("accept", "Accept"),
    ("qualify", "Qualify"),
    ("convert", "Convert"),
    ("reject", "Reject"),
    ("recycle", "Recycle"),
    ("resubmit", "Resubmit"),
    ("overturn", "Overturn"),
    ("assign", "Assign"),
    ("touch", "Log a touch"),
    ("pause", "Pause"),
    ("resume", "Resume"),
    ("answer", "Answer"),
    ("dispute", "Dispute"),
    ("comment", "Comment"),
    ("merge", "Merge"),
    ("uphold", "Uphold"),
    ("acknowledge", "Acknowledge"),
    ("excuse", "Excuse"),
    ("reevaluate", "Re-evaluate policies"),
    ("update_deal", "Update deals"),
]


class Migration(migrations.Migration):
    dependencies = [("leads", "0013_not_enough_information")]

    operations = [
        migrations.RemoveConstraint("opportunity", "opportunity_closed_when_ended"),
        migrations.AlterField(
            "opportunity",
            "lead",
            models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="deals", to="leads.lead"),
        ),
        migrations.AlterField(
            "opportunity",
            "closed_at",
            models.DateTimeField(blank=True, help_text="Empty too where nobody knows when it ended.", null=True),
        ),
        migrations.AddField(
            "opportunity",
            "system",
            models.CharField(blank=True, db_default="", default="", help_text="Where it came from.", max_length=40),
        ),
        migrations.AddField(
            "opportunity",
            "external_id",
            models.CharField(
                blank=True, db_default="", default="", help_text="What the deal is called there.", max_length=200
            ),
        ),
        migrations.AddField(
            "opportunity",
            "stage",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="In the words of where it came from.",
                max_length=200,
            ),
        ),
        migrations.AddField(
            "opportunity",
            "owner",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField("opportunity", "lost_reason", models.TextField(blank=True, db_default="", default="")),
        migrations.AddField("opportunity", "opened_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddConstraint(
            "opportunity",
            models.CheckConstraint(
                condition=~Q(state="open") | Q(closed_at=None), name="opportunity_open_is_not_closed"
            ),
        ),
        migrations.AddConstraint(
            "opportunity",
            models.UniqueConstraint(
                condition=~Q(external_id=""), fields=("system", "external_id"), name="opportunity_external_id_once"
            ),
        ),
        migrations.RemoveConstraint("transition", "transition_verb_known"),
        migrations.AlterField("transition", "verb", models.CharField(choices=VERBS, max_length=12)),
        migrations.AddConstraint(
            "transition",
            models.CheckConstraint(condition=Q(verb__in=[name for name, _ in VERBS]), name="transition_verb_known"),
        ),
        migrations.RunSQL(load("leads", "record_deals.sql"), load("leads", "forget_deals.sql")),
    ]
