"""The rule of whom an audience reaches, and a name of its own for Slack's webhooks: `webhook` is any receiver's now.

A message of before names its destination where that is certain: where a fixed address is that of one destination.
What Django's log repeats of addresses is taken out of it.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from leads.sql import load

RENAME = """
    UPDATE sla_destination SET medium = 'slack_webhook' WHERE medium = 'webhook';
    UPDATE handoff_delivery SET medium = 'slack_webhook' WHERE medium = 'webhook';
    UPDATE handoff_delivery delivery SET destination_id = destination.id
    FROM sla_destination destination
    WHERE delivery.recipient_id IS NULL AND delivery.destination_id IS NULL AND destination.audience = 'fixed'
        AND (destination.medium, destination.address) = (delivery.medium, delivery.address);
"""
# Teams and signed webhooks did not exist before: they are switched off, and their messages are not sent.
RENAME_BACK = """
    UPDATE handoff_delivery SET state = 'dead', medium = 'email', last_error = 'Its channel was removed.'
    WHERE state = 'pending' AND medium IN ('webhook', 'teams');
    DELETE FROM handoff_subscription WHERE destination_id IN
        (SELECT id FROM sla_destination WHERE medium IN ('webhook', 'teams'));
    DELETE FROM sla_step_tells WHERE destination_id IN
        (SELECT id FROM sla_destination WHERE medium IN ('webhook', 'teams'));
    DELETE FROM sla_destination WHERE medium IN ('webhook', 'teams');
    UPDATE handoff_delivery SET medium = 'email' WHERE medium IN ('webhook', 'teams');
    UPDATE sla_destination SET medium = 'webhook' WHERE medium = 'slack_webhook';
    UPDATE handoff_delivery SET medium = 'webhook' WHERE medium = 'slack_webhook';
"""


def clean_log(apps: StateApps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    entries = apps.get_model("admin", "LogEntry").objects.filter(object_repr__contains="://")
    entries.filter(content_type__app_label="handoff", content_type__model="delivery").update(object_repr="A message")
    kinds = apps.get_model("contenttypes", "ContentType").objects.filter(model="destination")
    if not kinds.filter(app_label="handoff").exists():  # so that the log of the destinations goes on
        kinds.filter(app_label="sla").update(app_label="handoff")


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0010_withdrawn_deliveries"),
        ("leads", "0006_rotation_and_benches"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunSQL(
            load("handoff.alerts", "recipients.sql"),
            "DROP FUNCTION handoff_recipients(text, text, text, bigint, bigint, bigint)",
        ),
        migrations.RunSQL(RENAME, RENAME_BACK),
        migrations.RunPython(clean_log, migrations.RunPython.noop),
    ]
