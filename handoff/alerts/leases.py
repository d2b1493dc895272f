"""Do something alone: under a lease, a row of the database that ends by itself."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

from django.db import connection

# A session lock would be kept by a holder that is frozen, or whose host is gone, for as long as PostgreSQL takes to
# notice; and a pooler that pools transactions would leave it on a stray session.
_TAKE = """
    INSERT INTO handoff_lease AS lease (name, holder, until)
    VALUES (%(name)s, %(holder)s, clock_timestamp() + make_interval(secs => %(seconds)s))
    ON CONFLICT (name) DO UPDATE SET holder = EXCLUDED.holder, until = EXCLUDED.until
    WHERE lease.until < clock_timestamp() OR lease.holder = EXCLUDED.holder
"""
_RELEASE = "DELETE FROM handoff_lease WHERE name = %(name)s AND holder = %(holder)s"


@contextmanager
def leased(name: str, seconds: int) -> Iterator[Callable[[], bool] | None]:
    """Hold the lease of a name. Yield the function that renews it, False once it is lost; None if another holds it.

    Renew between two steps of the work: it asks the database only when a third of the lease has passed.
    """
    holder, taken_at = uuid4(), time.monotonic()

    def renew() -> bool:
        nonlocal taken_at
        if time.monotonic() - taken_at < seconds / 3:
            return True
        taken_at = time.monotonic()
        return _take(name, holder, seconds)

    is_mine = _take(name, holder, seconds)
    try:
        yield renew if is_mine else None
    finally:
        if is_mine:
            _ask(_RELEASE, name=name, holder=holder)


def _take(name: str, holder: UUID, seconds: int) -> bool:
    return _ask(_TAKE, name=name, holder=holder, seconds=seconds) == 1


def _ask(statement: str, **values: str | int | UUID) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
