"""Many new rows at once, by COPY: it takes half as long as the INSERT that the ORM composes."""

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import JSONField, Model
from django.db.models.expressions import DatabaseDefault
from django.utils import timezone

from leads.internals.rows import mark_written

M = TypeVar("M", bound=Model)
_AS_IT_IS = frozenset({str, int, bool, float, type(None), datetime, date, timedelta, Decimal})
_IDS = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"


def copy_in(rows: Sequence[M]) -> None:
    """Write new rows of one model, as `bulk_create` does, and give each its id.

    What they point at is written by then. What the database refuses is raised as by the ORM.
    """
    if not rows:
        return
    model = type(rows[0])
    _give_ids(rows)
    fields = _fields(model)
    columns = ", ".join(f'"{column}"' for column, *_ in fields)
    statement = f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN'
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([read(row) for _, read in fields])
    for row in rows:
        mark_written(row)


def next_ids(model: type[Model], count: int) -> list[int]:
    """Ids for rows that others name before they are written."""
    with connection.cursor() as cursor:
        cursor.execute(_IDS, [model._meta.db_table, count])
        return [pk for (pk,) in cursor.fetchall()]


def _give_ids(rows: Sequence[Model]) -> None:
    new = [row for row in rows if row.pk is None]
    if not new:
        return
    for row, pk in zip(new, next_ids(type(new[0]), len(new)), strict=True):
        row.pk = pk


Reader = Callable[[Any], Any]


@cache
def _fields(model: type[Model]) -> list[tuple[str, Reader]]:
    return [(str(field.column), _reader(field)) for field in model._meta.concrete_fields]


def _reader(field: Any) -> Reader:
    """What a column gets of a row."""
    name = field.attname
    if isinstance(field, JSONField):
        return lambda row: _json(getattr(row, name), field)
    if getattr(field, "auto_now", False):
        return lambda row: _set(row, name, timezone.now())
    if field.is_relation:
        return lambda row: _key(row, field)
    return lambda row: _plain(getattr(row, name))


def _json(value: Any, field: Any) -> str | None:
    """None is NULL, as the ORM keeps it, and not JSON's null."""
    value = _default(value) if isinstance(value, DatabaseDefault) else value
    return None if value is None else json.dumps(value, cls=field.encoder)


def _set(row: Model, name: str, value: Any) -> Any:
    setattr(row, name, value)
    return value


def _key(row: Model, field: Any) -> Any:
    """The id of what a row points at, which may have got it after it was named."""
    value = getattr(row, field.attname)
    if value is None and field.is_cached(row):
        related = field.get_cached_value(row)
        return _set(row, field.attname, related.pk) if related else None
    return _plain(value)


def _default(value: Any) -> Any:
    """What the database would write by itself."""
    return value.expression.value


def _plain(value: Any) -> Any:
    if type(value) in _AS_IT_IS:
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, DatabaseDefault):
        return _default(value)
    return str(value)
