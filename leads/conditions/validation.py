"""What may stand in a condition; everything else is refused in words."""

import math
from typing import Any

from django.core.exceptions import ValidationError

from leads.conditions.building import LISTS
from leads.conditions.checks import RELATIVE
from leads.conditions.fields import Field, Kind, field_of, fields
from leads.conditions.windows import DISTINCT
from leads.facts import FactType, facts
from leads.normalise import is_storable, normalise_kind, quoted
from leads.values import clean

COMPARING = ("at_least", "at_most")
PLAIN = ("is", "is_not", "in", "not_in", "present")
OPERATORS = (*PLAIN[:4], *COMPARING, "present", *RELATIVE)
OPERATORS_OF: dict[Kind, tuple[str, ...]] = {
    Kind.DATE: (*PLAIN, *COMPARING, *RELATIVE),
    Kind.GRADE: (*PLAIN, *COMPARING),
    Kind.MOMENT: ("present", *COMPARING, *RELATIVE),
    Kind.TOUCHPOINTS: COMPARING,
    Kind.EVENT: PLAIN[:4],
}
"""Of the other kinds, a comparison is refused in words of its own."""
MOST_DAYS, MOST_POINTS, LONGEST = 3660, 1000, 200
_BASE = {"field", "op", "value"}
_SCALAR = (str, int, float, type(None))
_WANTED_TYPES: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("is", "is_not"), _SCALAR),
    **dict.fromkeys(LISTS, list),
    **dict.fromkeys(COMPARING, (int, float)),
    "present": bool,
}


def validate_conditions(conditions: Any) -> None:
    """Refuse what is not a list of {"field", "op", "value"} with names known here."""
    if not isinstance(conditions, list):
        raise ValidationError('Write a list of conditions, like [{"field": "score", "op": "at_least", "value": 50}].')
    for condition in conditions:
        _validate(condition)


def _validate(condition: Any) -> None:
    if not isinstance(condition, dict) or not set(condition) >= _BASE:
        raise ValidationError('Each condition has exactly "field", "op" and "value".')
    field, op, value = _known(condition["field"]), condition["op"], condition["value"]
    if op not in OPERATORS:
        raise ValidationError(f"Unknown op {quoted(op)}; use one of {', '.join(OPERATORS)}.")
    if op not in OPERATORS_OF.get(field.kind, OPERATORS) or (op in RELATIVE and field.kind not in OPERATORS_OF):
        offered = ", ".join(OPERATORS_OF.get(field.kind, PLAIN))
        raise ValidationError(f"“{field.label}” cannot be asked for by “{op}”: use one of {offered}.")
    _check_window(field, condition)
    if field.kind in (Kind.TOUCHPOINTS, Kind.EVENT):
        _check_touchpoints(field, op, value)
    elif op in RELATIVE:
        _check_number("days", value, MOST_DAYS)
    else:
        _check_plain(field, op, value)


def _known(name: Any) -> Field:
    try:
        if isinstance(name, str):
            return field_of(name)
    except KeyError:
        pass
    raise ValidationError(f"Unknown field {quoted(name)}; use one of {', '.join(fields())}.")


def _check_plain(field: Field, op: str, value: Any) -> None:
    _check_value(field, op, value)
    if op in COMPARING and not _is_comparable(field, value):
        numbers = " or ".join(each.name for each in facts() if each.is_ordered)
        raise ValidationError(f"“{op}” compares numbers: use it with {numbers}.")
    if field.choices and field.card is None and op != "present":
        _check_choices(field, value)
    if field.kind == Kind.MOMENT and op in COMPARING:
        _check_day(value)
    if field.attribute and op != "present":
        for each in value if isinstance(value, list) else [value]:
            field.attribute.clean(each)


def _check_value(field: Field, op: str, value: Any) -> None:
    """Its shape: a list of plain values, or one. Dates, grades and amounts of attributes are compared as well."""
    is_text = field.attribute or field.kind in (Kind.MOMENT, Kind.GRADE)
    types = _SCALAR if is_text and op in COMPARING else _WANTED_TYPES[op]
    plain = value if isinstance(value, list) else [value]
    if not isinstance(value, types) or not all(map(_is_plain, plain)):
        raise ValidationError(f"{quoted(value)} is not a valid value for “{op}”.")


def _is_comparable(field: Field, value: Any) -> bool:
    is_ordered = field.card.is_ordered if field.card else field.kind in (Kind.MOMENT, Kind.GRADE)
    return is_ordered and not isinstance(value, bool) and value is not None and value != ""


def _is_plain(value: Any) -> bool:
    """What JSON in the database can hold: no NUL, no infinity, nothing nested."""
    if isinstance(value, str):
        return is_storable(value)
    return isinstance(value, _SCALAR) and not (isinstance(value, float) and not math.isfinite(value))


def _check_choices(field: Field, value: Any) -> None:
    keys = [choice.key for choice in field.choices]
    for each in value if isinstance(value, list) else [value]:
        if each not in (*keys, "", None):
            raise ValidationError(f"{field.label}: {quoted(each)} is not a valid choice: use {', '.join(keys)}.")


def _check_day(value: Any) -> None:
    if not isinstance(value, str) or clean(FactType.DATE, value) != value:
        raise ValidationError(f"{quoted(value)} is not a valid date: write one like 2026-03-31.")


def _check_touchpoints(field: Field, op: str, value: Any) -> None:
    if field.kind == Kind.TOUCHPOINTS:
        _check_number("touchpoints", value, MOST_POINTS)
        return
    if isinstance(value, list) != (op in LISTS):
        raise ValidationError(f"{quoted(value)} is not a valid value for “{op}”.")
    _check_kinds(value if isinstance(value, list) else [value])


def _check_window(field: Field, condition: dict[str, Any]) -> None:
    """Which touchpoints are meant."""
    own = {Kind.TOUCHPOINTS: {"kinds", "distinct"}, Kind.EVENT: set()}.get(field.kind)
    offered = set() if own is None else own | {"within_days", "detail", "campaign"}
    if set(condition) - _BASE - offered:
        raise ValidationError('Each condition has exactly "field", "op" and "value".')
    if "within_days" in condition:
        _check_number("days", condition["within_days"], MOST_DAYS, least=1)
    if condition.get("distinct", "each") not in DISTINCT:
        wrong = quoted(condition["distinct"])
        raise ValidationError(f"{wrong} is not a way to count touchpoints: use one of {', '.join(DISTINCT)}.")
    if "kinds" in condition:
        _check_kinds(condition["kinds"])
    for name in ("detail", "campaign"):
        text = condition.get(name, "")
        if not isinstance(text, str) or not is_storable(text) or len(text) > LONGEST:
            raise ValidationError(f"{quoted(text)} is not a valid {name} of a touchpoint.")


def _check_kinds(kinds: Any) -> None:
    if not isinstance(kinds, list) or not kinds:
        raise ValidationError(f"{quoted(kinds)} is not a list of kinds of touchpoints, like webinar or demo_request.")
    for kind in kinds:
        if not isinstance(kind, str) or not is_storable(kind) or normalise_kind(kind) != kind or not kind:
            raise ValidationError(f"{quoted(kind)} is not a valid kind of touchpoint: write one like demo_request.")


def _check_number(label: str, value: Any, most: int, least: int = 0) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValidationError(f"{quoted(value)} is not a valid number of {label}: give {least} to {most}.")
