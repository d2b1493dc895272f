"""The outbox is read by urgency. The index takes the place of one by time alone, so that an alarm costs no more."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("handoff", "0014_deliver_under_leases"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", "pending")),
                fields=["priority", "next_attempt_at"],
                name="delivery_pending_priority",
            ),
        ),
        RemoveIndexConcurrently(model_name="delivery", name="delivery_pending_next"),
    ]
