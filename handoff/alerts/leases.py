"""Do something alone: under a lease that ends by itself, be it a row of its own or a moment in the row to deal with."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import Error, connection, transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

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
            # A database that is away ends the lease by itself, and must not hide what went wrong in it.
            with suppress(Error):
                _ask(_RELEASE, name=name, holder=holder)


def _take(name: str, holder: UUID, seconds: int) -> bool:
    return _ask(_TAKE, name=name, holder=holder, seconds=seconds) == 1


def _ask(statement: str, **values: str | int | UUID) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


@transaction.atomic
def take_due(rows: QuerySet[Any], moment: str, lease: timedelta) -> Any:
    """The row that has been due for longest, by the name of its moment, or None; due again after the lease.

    Its attempt is counted, so whoever dies with it leaves it to others.
    """
    now = timezone.now()
    due = rows.filter(**{f"{moment}__lte": now}).order_by(moment)
    row: Model | None = due.select_for_update(skip_locked=True, no_key=True).first()
    if row is not None:
        setattr(row, moment, now + lease)
        row.attempts += 1  # type: ignore[attr-defined]
        row.save(update_fields=[moment, "attempts"])
    return row
