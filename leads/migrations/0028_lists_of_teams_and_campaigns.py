"""Indexes by which the leads of teams and campaigns are listed, in the place of those of one column alone."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q
from django.db.models.deletion import PROTECT
from django.db.models.functions import Upper


def _without_its_own(model: str, name: str, related: str) -> migrations.AlterField:
    """The index of the column alone goes once the longer one is there."""
    field = models.ForeignKey(
        f"leads.{name}", null=True, blank=True, on_delete=PROTECT, related_name=related, db_index=False
    )
    return migrations.AlterField(model, name, field)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0027_lists_by_index")]

    operations = [
        AddIndexConcurrently("lead", models.Index(fields=["team", "owner"], name="lead_team_owner")),
        AddIndexConcurrently("lead", models.Index(fields=["campaign", "created_at", "id"], name="lead_campaign")),
        AddIndexConcurrently(
            "lead",
            models.Index(fields=["created_at", "id"], condition=Q(do_not_contact=True), name="lead_not_contacted"),
        ),
        AddIndexConcurrently(
            "lead", models.Index(fields=["created_at", "id"], condition=Q(paused_at__isnull=False), name="lead_paused")
        ),
        AddIndexConcurrently("touchpoint", models.Index(fields=["campaign", "at", "id"], name="touchpoint_campaign")),
        AddIndexConcurrently(
            "touchpoint",
            models.Index(Upper("system"), "at", "id", condition=~Q(system=""), name="touchpoint_system"),
        ),
        _without_its_own("lead", "team", "leads"),
        _without_its_own("lead", "campaign", "leads"),
        _without_its_own("touchpoint", "campaign", "touchpoints"),
    ]
