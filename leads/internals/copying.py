"""Many new rows at once, by COPY: it takes half as long as the INSERT that the ORM composes."""

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from operator import itemgetter
from typing import Any, TypeVar

from django.db import connection
from django.db.models import JSONField, Model
from django.db.models.expressions import DatabaseDefault
from django.utils import timezone

from leads.internals.rows import mark_written

M = TypeVar("M", bound=Model)
_AS_IT_IS = frozenset({str, int, bool, float, type(None), datetime, date, timedelta, Decimal, dict, list})
_IDS = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"


def copy_in(rows: Sequence[M]) -> None:
    """Write new rows of one model, as `bulk_create` does, and give each its id.

    What they point at is written by then. What the database refuses is raised as by the ORM.
    """
    if not rows:
        return
    model = type(rows[0])
    _give_ids(rows)
    columns = ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields)
    statement = f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN'
    values = _reader(model)
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(values(row))
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
def _reader(model: type[Model]) -> Callable[[Model], list[Any]]:
    """What the columns get of a row: at once what its attributes have, and then what is not written as it is."""
    fields = list(model._meta.concrete_fields)
    read = itemgetter(*(field.attname for field in fields))
    special = [(at, reader) for at, field in enumerate(fields) if (reader := _special(field))]

    def values(row: Model) -> list[Any]:
        columns = [value if type(value) in _AS_IT_IS else _plain(value) for value in read(vars(row))]
        for at, reader in special:
            columns[at] = reader(row)
        return columns

    return values


def _special(field: Any) -> Reader | None:
    """How a column is read that is not written as it is."""
    name = field.attname
    if isinstance(field, JSONField):
        encode = (field.encoder or json.JSONEncoder)().encode
        return lambda row: _json(getattr(row, name), encode)
    if getattr(field, "auto_now", False):
        return lambda row: _set(row, name, timezone.now())
    return (lambda row: _key(row, field)) if field.is_relation else None


def _json(value: Any, encode: Callable[[Any], str]) -> str | None:
    """None is NULL, as the ORM keeps it, and not JSON's null."""
    value = _default(value) if isinstance(value, DatabaseDefault) else value
    return None if value is None else encode(value)


def _set(row: Model, name: str, value: Any) -> Any:
    setattr(row, name, value)
    return value


def _key(row: Model, field: Any) -> Any:
    """The id of what a row points at, which may have got it after it was named."""
    value = vars(row)[field.attname]
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
