"""How statements that read all handoffs are run."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

SETTINGS = {
    "work_mem": "64MB",  # else what became of a million handoffs is joined on the disk
    "jit": "off",  # to compile the many expressions takes longer than they do for some thousand handoffs
    # By default, PostgreSQL expects that further processes cost more than they save: it does not know how long packets
    # take.
    "parallel_setup_cost": "100",
    "parallel_tuple_cost": "0.001",
}


@contextmanager
def reading_much() -> Iterator[CursorWrapper]:
    """A cursor whose session has room to join and sort much, and may take further processes; until it is closed."""
    names = ", ".join("set_config(%s, %s, true)" for _ in SETTINGS)
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join("current_setting(%s)" for _ in SETTINGS), list(SETTINGS))
        before = cursor.fetchone()
        cursor.execute(f"SELECT {names}", [each for pair in SETTINGS.items() for each in pair])
        yield cursor
        cursor.execute(f"SELECT {names}", [each for pair in zip(SETTINGS, before, strict=True) for each in pair])
