"""How rows were before an act, kept in plain values with the act, and put back when it is taken back."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Model


def spelled(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as JSON keeps them, to the microsecond."""
    return {name: _spelled(value) for name, value in values.items()}


def _spelled(value: Any) -> Any:
    match value:
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return str(value)
    return value


def columns_of(row: Model, names: Collection[str]) -> dict[str, Any]:
    """Some columns of a row as they are, with its number."""
    return spelled({"id": row.pk} | {name: getattr(row, name) for name in names})


def put_back(row: Model, columns: Mapping[str, Any]) -> list[str]:
    """Give a row its former columns, unsaved; return the names of the fields."""
    fields = {field.attname: field for field in row._meta.concrete_fields}
    names = [name for name in columns if name in fields and not fields[name].primary_key]
    for name in names:
        setattr(row, name, fields[name].to_python(columns[name]))
    return [fields[name].name for name in names]
