"""Keep ready what inboxes are searched by, and who has looked at which lead."""

from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from leads.sql import load

OF_NOBODY = {"db_constraint": False, "db_index": False, "on_delete": models.DO_NOTHING, "related_name": "+"}
MADE = "CREATE SEQUENCE handoff_inbox_version; " + load("handoff.models", "inbox_entries.sql")
DROPPED = """
DROP FUNCTION handoff_inbox_follows_leads() CASCADE;
DROP FUNCTION handoff_inbox_forgets_leads() CASCADE;
DROP FUNCTION handoff_inbox_follows_clocks() CASCADE;
DROP FUNCTION handoff_inbox_write(bigint[]);
DROP SEQUENCE handoff_inbox_version;
"""
CHUNK = 10_000


def enter_all(_apps: Any, schema_editor: Any) -> None:
    """A chunk in each transaction, so that no act waits for all. What the triggers write meanwhile is right already."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(max(id), 0) FROM leads_lead")
        for start in range(0, cursor.fetchone()[0] + 1, CHUNK):
            cursor.execute(
                "SELECT handoff_inbox_write(array_agg(id ORDER BY id)) FROM leads_lead WHERE id >= %s AND id < %s"
                " AND state IN ('mql', 'sal', 'sql')",
                [start, start + CHUNK],
            )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("handoff", "0023_undo_and_snooze"),
        ("leads", "0022_capacity"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="InboxEntry",
            fields=[
                (
                    "lead",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="inbox_entry",
                        serialize=False,
                        to="leads.lead",
                    ),
                ),
                ("owner", models.ForeignKey(null=True, to=settings.AUTH_USER_MODEL, **OF_NOBODY)),
                ("team", models.ForeignKey(null=True, to="leads.team", **OF_NOBODY)),
                ("state", models.CharField(max_length=12)),
                ("cycle", models.PositiveSmallIntegerField()),
                ("source", models.CharField(max_length=80)),
                ("touched_at", models.DateTimeField(null=True)),
                (
                    "held_until",
                    models.DateTimeField(
                        help_text="The end of its pause or snooze; far away without an end.", null=True
                    ),
                ),
                (
                    "next_due",
                    models.DateTimeField(help_text="When the first of its running clocks is due.", null=True),
                ),
                (
                    "metric",
                    models.CharField(
                        help_text="Of that clock, or of one without a due time; else empty.", max_length=40
                    ),
                ),
                ("given_at", models.DateTimeField(help_text="Since when it is with its owner, in its handoff.")),
                (
                    "is_new",
                    models.BooleanField(
                        help_text="Its owner has not looked at it, and nobody has worked on it since then."
                    ),
                ),
                ("version", models.BigIntegerField(help_text="Another one after each change that a list shows.")),
            ],
            options={
                "verbose_name_plural": "inbox entries",
                "indexes": [
                    models.Index(fields=["owner", "next_due", "lead"], name="inbox_owner"),
                    models.Index(fields=["team", "next_due", "lead"], name="inbox_team"),
                    models.Index(
                        condition=models.Q(("owner", None)), fields=["team", "next_due", "lead"], name="inbox_queue"
                    ),
                    models.Index(
                        condition=models.Q(("is_new", True)),
                        fields=["owner", "next_due", "lead"],
                        name="inbox_owner_new",
                    ),
                    models.Index(
                        condition=models.Q(("is_new", True)), fields=["team", "next_due", "lead"], name="inbox_team_new"
                    ),
                    models.Index(
                        condition=models.Q(("held_until__isnull", False)),
                        fields=["owner", "next_due", "lead"],
                        name="inbox_owner_held",
                    ),
                    models.Index(
                        condition=models.Q(("held_until__isnull", False)),
                        fields=["team", "next_due", "lead"],
                        name="inbox_team_held",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LeadView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "lead",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="views",
                        to="leads.lead",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("lead", "user"), name="lead_view_once")],
            },
        ),
        migrations.RunSQL(MADE, DROPPED),
        migrations.RunPython(enter_all, migrations.RunPython.noop),
    ]
