"""Indexes by which the leads of teams and campaigns are listed, in the place of those of one column alone."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q
from django.db.models.deletion import PROTECT
from django.db.models.functions import Upper


def _without(index: str, model: str, name: str, related: str) -> migrations.SeparateDatabaseAndState:
    """The index of the column alone goes once the longer one is there. AlterField would check the foreign key again."""
    field = models.ForeignKey(
        f"leads.{name}", null=True, blank=True, on_delete=PROTECT, related_name=related, db_index=False
    )
    drop = f"DROP INDEX CONCURRENTLY IF EXISTS {index}"
    create = f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {index} ON leads_{model} ({name}_id)"
    return migrations.SeparateDatabaseAndState(
        [migrations.RunSQL(drop, create)], [migrations.AlterField(model, name, field)]
    )


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
        _without("leads_lead_team_id_93d3ec8e", "lead", "team", "leads"),
        _without("leads_lead_campaign_id_5dd7a82a", "lead", "campaign", "leads"),
        _without("leads_touchpoint_campaign_id_ad2a1303", "touchpoint", "campaign", "touchpoints"),
    ]
