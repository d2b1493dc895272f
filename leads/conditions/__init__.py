"""Conditions on the facts of a lead: field, operator, value. All must hold. There is no rule language beyond this.

One description has two evaluators: `all_hold` asks one lead in Python, and `where` is the same question in SQL, for one
lead or a million. They always agree: each check says in one place how it holds in both.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL
from django.utils import timezone

from leads.conditions.building import Condition, actual_of, check_of
from leads.conditions.fields import BY_VERBS, field_of, fields
from leads.conditions.fragments import Sql, joined
from leads.conditions.sources import Source, is_in_snapshot, leads, moment, snapshot
from leads.conditions.validation import OPERATORS, validate_conditions
from leads.conditions.wording import complaint, in_words, is_hidden, label_of


def unmet(
    conditions: Iterable[Condition],
    values: Mapping[str, Any],
    roles: Collection[str] | None = None,
    at: datetime | None = None,
) -> list[str]:
    """Say of each condition that does not hold what is there and what is wanted, to somebody with these roles."""
    at = at or timezone.now()
    return [complaint(each, values, at, roles) for each in conditions if not _holds(each, values, at)]


def all_hold(conditions: Iterable[Condition], values: Mapping[str, Any], at: datetime | None = None) -> bool:
    """Whether all hold for what a lead has, at a moment: now, unless another is given.

    Only what is named is read, as some of it costs a query.
    """
    at = at or timezone.now()
    return all(_holds(each, values, at) for each in conditions)


def where(conditions: Iterable[Condition], source: Source) -> tuple[str, list[Any]]:
    """The same as a boolean expression of SQL that is never NULL, with its parameters."""
    parts = [_sql(each, source) for each in conditions]
    whole = joined(" AND ", parts) if parts else Sql("TRUE")
    return f"({whole.text})", list(whole.params)


def as_filter(conditions: Iterable[Condition], at: datetime | None = None) -> RawSQL:
    """The same for `filter()` of a queryset of leads."""
    text, params = where(conditions, leads(at=moment(at)))
    return RawSQL(text, params, output_field=BooleanField())  # noqa: S611 parts of this package alone; values are parameters


def _holds(condition: Condition, values: Mapping[str, Any], at: datetime) -> bool:
    field = field_of(condition["field"])
    return check_of(field, condition).holds(actual_of(field, values, at), at)


def _sql(condition: Condition, source: Source) -> Sql:
    field = field_of(condition["field"])
    return check_of(field, condition).sql(source.column(field), source.at)


__all__ = [
    "BY_VERBS",
    "OPERATORS",
    "Condition",
    "Source",
    "all_hold",
    "as_filter",
    "field_of",
    "fields",
    "in_words",
    "is_hidden",
    "is_in_snapshot",
    "label_of",
    "leads",
    "moment",
    "snapshot",
    "unmet",
    "validate_conditions",
    "where",
]
