"""What waits for an answer or a decision is found by an index, and whoever decides or signs is notified."""

from django.db import migrations, models
from django.db.models import Q

KINDS = ("disputed", "dispute_overdue", "to_sign")
INDEXES = (
    ("rejection_unanswered", "handoff_rejection", "at", "answer = '' AND NOT from_state = 'raw'"),
    ("dispute_open", "handoff_dispute", "at", "decision = ''"),
)


def switch_on(apps, _schema_editor):
    message = apps.get_model("handoff", "StandardMessage")
    message.objects.bulk_create([message(kind=kind) for kind in KINDS], ignore_conflicts=True)


def switch_off(apps, _schema_editor):
    apps.get_model("handoff", "StandardMessage").objects.filter(kind__in=KINDS).delete()


def concurrently(name, table, column, condition):
    """It may be killed in the middle and begin again; tables are written to meanwhile."""
    made = f'CREATE INDEX CONCURRENTLY "{name}" ON "{table}" ("{column}") WHERE {condition}'
    gone = f'DROP INDEX CONCURRENTLY IF EXISTS "{name}"'
    return migrations.RunSQL([gone, made], gone)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("handoff", "0024_inbox")]
    operations = [
        migrations.AlterField(
            model_name="standardmessage",
            name="kind",
            field=models.CharField(
                choices=[
                    (
                        "new_intent",
                        "A known buyer asks again: the owner, or marketing when sales has no part in the lead",
                    ),
                    ("given_by_system", "Handoff assigned a lead: the new owner"),
                    ("merged", "Two leads were merged: the owners of both"),
                    ("return_due", "The date to contact a buyer again has come: marketing"),
                    ("held", "A lead is on hold without an end: its owner and their manager, or marketing"),
                    ("disputed", "Marketing disputes a rejection: RevOps, to decide it"),
                    ("dispute_overdue", "A dispute is overdue: RevOps, to decide it"),
                    ("to_sign", "A definition waits for a signature: whoever may give it"),
                    ("snooze_over", "The time until which a lead was snoozed has come: its owner"),
                ],
                max_length=15,
                unique=True,
            ),
        ),
        migrations.RunPython(switch_on, switch_off),
        migrations.SeparateDatabaseAndState(
            database_operations=[concurrently(*index) for index in INDEXES],
            state_operations=[
                migrations.AddIndex(
                    "rejection",
                    models.Index(
                        fields=["at"], condition=Q(answer="") & ~Q(from_state="raw"), name="rejection_unanswered"
                    ),
                ),
                migrations.AddIndex(
                    "dispute", models.Index(fields=["at"], condition=Q(decision=""), name="dispute_open")
                ),
            ],
        ),
    ]
