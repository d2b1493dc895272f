"""A limit on how many may do the same thing at once, however many workers there are."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError, connection


@contextmanager
def slot(lock: int, count: int) -> Iterator[bool]:
    """Hold one of `count` slots, and tell whether one was free.

    A slot is an advisory lock of the database session: whoever is killed loses the connection, and with it the slot.
    So it needs a session of its own: behind a pooler, one that pools sessions, not transactions.
    """
    taken = next((number for number in range(count) if _ask("pg_try_advisory_lock", lock, number)), None)
    try:
        yield taken is not None
    finally:
        if taken is not None:
            _release(lock, taken)


def _release(lock: int, number: int) -> None:
    try:
        _ask("pg_advisory_unlock", lock, number)
    except (OperationalError, InterfaceError):
        # The session is broken. Closing it for good ends it on the server too, and the slot with it.
        connection.close()


def _ask(function: str, lock: int, number: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [lock, number])
        return bool(cursor.fetchone()[0])
