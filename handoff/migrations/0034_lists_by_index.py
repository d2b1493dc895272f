"""Indexes by which handoffs and deliveries are listed. Concurrently: they are written meanwhile."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("handoff", "0033_excuse_of_a_team")]

    operations = [
        AddIndexConcurrently("handoff", models.Index(fields=["offered_at", "id"], name="handoff_offered")),
        AddIndexConcurrently(
            "delivery", models.Index(fields=["id"], condition=Q(state="withdrawn"), name="delivery_withdrawn")
        ),
    ]
