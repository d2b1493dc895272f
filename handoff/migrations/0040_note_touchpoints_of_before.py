"""Note the touchpoints of the packets that are there. Killed anywhere, it goes on where it was."""

from typing import Any

from django.db import migrations

CHUNK = 5_000


def note_all(_apps: Any, schema_editor: Any) -> None:
    """A chunk in each transaction, so that no act waits for all. An update is enough: a trigger does the rest."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(max(id), 0) FROM handoff_handoff")
        for start in range(0, cursor.fetchone()[0] + 1, CHUNK):
            cursor.execute(
                "UPDATE handoff_handoff SET touchpoint_times = NULL"
                " WHERE id >= %s AND id < %s AND touchpoint_times IS NULL",
                [start, start + CHUNK],
            )


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("handoff", "0039_touchpoints_of_a_handoff")]
    operations = [migrations.RunPython(note_all, migrations.RunPython.noop)]
