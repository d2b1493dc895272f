"""The moments and kinds of the touchpoints of a packet, beside it, kept by a trigger."""

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

from leads.sql import load

DROPPED = """
DROP TRIGGER handoff_packet_unnoted ON handoff_handoff;
DROP TRIGGER handoff_packet_frozen ON handoff_handoff;
DROP FUNCTION handoff_note_touchpoints();
DROP FUNCTION handoff_touchpoints_of(jsonb);
"""


def array_of(field: "models.Field[object, object]") -> "ArrayField[object, object]":
    return ArrayField(base_field=field, db_default=None, editable=False, null=True, size=None)


class Migration(migrations.Migration):
    dependencies = [("handoff", "0038_scorecard")]
    operations = [
        migrations.AddField("handoff", "touchpoint_times", array_of(models.DateTimeField())),
        migrations.AddField("handoff", "touchpoint_kinds", array_of(models.TextField())),
        migrations.RunSQL(load("handoff.models", "note_touchpoints.sql"), DROPPED),
        migrations.RunSQL(
            load("handoff.models", "accepted_later.sql"), "DROP FUNCTION handoff_accepted_later(bigint, integer)"
        ),
    ]
