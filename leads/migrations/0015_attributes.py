"""Facts that RevOps adds; names in parts, a second phone, the preferred channel; consent, and do-not-contact."""

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import leads.models.attribute
from leads.sql import load

FORGET_CONSENTS = """
DROP TRIGGER IF EXISTS leads_consent_sums_up_moved ON leads_consent;
DROP TRIGGER IF EXISTS leads_consent_sums_up_left ON leads_consent;
DROP TRIGGER IF EXISTS leads_consent_sums_up ON leads_consent;
DROP TRIGGER IF EXISTS leads_consent_keeps_words ON leads_consent;
DROP TRIGGER IF EXISTS leads_consent_append_only ON leads_consent;
DROP FUNCTION IF EXISTS leads_sum_up_consents();
DROP FUNCTION IF EXISTS leads_refuse_lost_consent();
DROP FUNCTION IF EXISTS leads_newest_consents(bigint);
DROP VIEW IF EXISTS leads_consents_summed_up;
"""
FORGET_DO_NOT_CONTACT = """
DROP TRIGGER IF EXISTS leads_lead_dates_do_not_contact ON leads_lead;
DROP FUNCTION IF EXISTS leads_date_do_not_contact();
"""
TYPES = [
    ("text", "Text"),
    ("long_text", "Long text"),
    ("decimal", "Number"),
    ("money", "Money"),
    ("date", "Date"),
    ("yes_no", "Yes or no"),
    ("choice", "Choice"),
    ("choices", "Several choices"),
]
DOORS = [
    ("console", "Console"),
    ("api", "API"),
    ("slack", "Slack"),
    ("import", "Import"),
    ("sweep", "Sweep"),
    ("system", "System"),
]


def _text(length: int) -> models.CharField:
    return models.CharField(blank=True, db_default="", default="", max_length=length)


class Migration(migrations.Migration):
    dependencies = [("leads", "0014_deals")]

    operations = [
        migrations.CreateModel(
            name="Attribute",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.CharField(
                        help_text="In files, the API and conditions. It cannot be changed later.",
                        max_length=40,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z][a-z0-9_]*\\Z",
                                "Use small letters, digits and underscores, like annual_budget.",
                            )
                        ],
                    ),
                ),
                ("label", models.CharField(help_text="What people read.", max_length=80)),
                ("type", models.CharField(choices=TYPES, max_length=10)),
                ("choices", models.JSONField(blank=True, db_default=[], default=list)),
                ("help", _text(200)),
                (
                    "synonyms",
                    models.JSONField(
                        blank=True,
                        db_default=[],
                        default=list,
                        help_text="What the headers of files call it, besides key and label.",
                    ),
                ),
                ("seen_by", models.JSONField(blank=True, db_default=[], default=list)),
                ("edited_by", models.JSONField(blank=True, default=leads.models.attribute.default_editors)),
                (
                    "in_packet",
                    models.BooleanField(
                        db_default=True, default=True, help_text="Sales reads it when a lead is offered."
                    ),
                ),
                (
                    "in_messages",
                    models.BooleanField(db_default=False, default=False, help_text="Shown in notifications."),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(db_default=100, default=100, help_text="Lower comes first."),
                ),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={"ordering": ["position", "id"]},
        ),
        migrations.AddField("lead", "first_name", _text(200)),
        migrations.AddField("lead", "last_name", _text(200)),
        migrations.AddField("lead", "mobile_phone", _text(40)),
        migrations.AddField("lead", "preferred_channel", _text(8)),
        migrations.AddField("lead", "do_not_contact", models.BooleanField(db_default=False, default=False)),
        migrations.AddField("lead", "do_not_contact_reason", _text(200)),
        migrations.AddField(
            "lead",
            "do_not_contact_since",
            models.DateTimeField(
                blank=True,
                help_text="A trigger of the database keeps it, so that no writer can forget it.",
                null=True,
            ),
        ),
        migrations.AddField(
            "lead",
            "attributes",
            models.JSONField(blank=True, db_default={}, default=dict, help_text="By key, in canonical form."),
        ),
        migrations.AddField(
            "lead",
            "consent",
            models.JSONField(
                blank=True,
                db_default={},
                default=dict,
                editable=False,
                help_text=(
                    "By purpose, what the newest word of the buyer is and when it was said. A trigger sums it up."
                ),
            ),
        ),
        migrations.AddField(
            "touch",
            "inbound",
            models.BooleanField(db_default=False, default=False, help_text="The buyer contacted us."),
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "purpose",
                    models.CharField(
                        choices=[("email", "Email"), ("phone", "Phone"), ("all", "Everything")], max_length=5
                    ),
                ),
                ("granted", models.BooleanField(help_text="Given; else withdrawn.")),
                (
                    "wording",
                    models.TextField(blank=True, help_text="What the buyer agreed to, word by word."),
                ),
                ("at", models.DateTimeField(help_text="When the buyer said so.")),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "source",
                    models.CharField(
                        blank=True, help_text="The form, call or system that has it on record.", max_length=200
                    ),
                ),
                ("via", models.CharField(choices=DOORS, max_length=8)),
                (
                    "is_inferred",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text=(
                            "Not said by the buyer: a merge withdrew it, as the stricter of two leads counts. "
                            "Undoing it removes it."
                        ),
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="consents", to="leads.lead"
                    ),
                ),
            ],
            options={
                "ordering": ["at", "id"],
                "indexes": [models.Index(fields=["lead", "at"], name="consent_of_lead")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("purpose__in", ["email", "phone", "all"])), name="consent_purpose_known"
                    )
                ],
            },
        ),
        migrations.RunSQL(load("leads", "consents.sql"), FORGET_CONSENTS),
        migrations.RunSQL(load("leads", "do_not_contact.sql"), FORGET_DO_NOT_CONTACT),
    ]
