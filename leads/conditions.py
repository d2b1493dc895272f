"""Conditions on the facts of a lead: field, operator, value. All must hold. There is no rule language beyond this."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError

from leads.facts import facts
from leads.normalise import is_storable, quoted

Condition = Mapping[str, Any]

BY_VERBS = ("team", "owner")
"""What conditions may ask for besides the plain facts: by name and by username."""
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "is": lambda actual, wanted: actual == wanted,
    "is_not": lambda actual, wanted: actual != wanted,
    "in": lambda actual, wanted: actual in wanted,
    "not_in": lambda actual, wanted: actual not in wanted,
    "at_least": lambda actual, wanted: actual is not None and actual >= wanted,
    "at_most": lambda actual, wanted: actual is not None and actual <= wanted,
    "present": lambda actual, wanted: (actual not in (None, "")) is wanted,
}
_WORDS = {
    "is": "exactly",
    "is_not": "anything but",
    "in": "one of",
    "not_in": "none of",
    "at_least": "at least",
    "at_most": "at most",
}
_COMPARING = ("at_least", "at_most")
_SCALAR = (str, int, float, type(None))
_WANTED_TYPES: dict[str, type | tuple[type, ...]] = {
    "is": _SCALAR,
    "is_not": _SCALAR,
    "in": list,
    "not_in": list,
    "at_least": (int, float),
    "at_most": (int, float),
    "present": bool,
}


def fields() -> tuple[str, ...]:
    """What conditions may ask for."""
    return (*(each.name for each in facts()), *BY_VERBS)


def unmet(conditions: Iterable[Condition], values: Mapping[str, Any]) -> list[str]:
    """Say of each condition that does not hold what is there and what is wanted."""
    return [_complaint(condition, values) for condition in conditions if not _holds(condition, values)]


def all_hold(conditions: Iterable[Condition], values: Mapping[str, Any]) -> bool:
    """Whether all hold for what a lead has. Only what is named is read, as some of it costs a query."""
    return all(_holds(condition, values) for condition in conditions)


def validate_conditions(conditions: Any) -> None:
    """Refuse what is not a list of {"field", "op", "value"} with names known here."""
    if not isinstance(conditions, list):
        raise ValidationError('Write a list of conditions, like [{"field": "score", "op": "at_least", "value": 50}].')
    for condition in conditions:
        _validate(condition)


def _holds(condition: Condition, values: Mapping[str, Any]) -> bool:
    return OPERATORS[condition["op"]](values[condition["field"]], condition["value"])


def _complaint(condition: Condition, values: Mapping[str, Any]) -> str:
    field, op, wanted = condition["field"], condition["op"], condition["value"]
    actual = values[field]
    shown = "empty" if actual in (None, "") else actual
    if op == "present":
        return f"{field} is {shown}, must be {'given' if wanted else 'empty'}"
    listed = ", ".join(map(str, wanted)) if isinstance(wanted, list) else wanted
    return f"{field} is {shown}, must be {_WORDS[op]} {listed}"


def _validate(condition: Any) -> None:
    if not isinstance(condition, dict) or set(condition) != {"field", "op", "value"}:
        raise ValidationError('Each condition has exactly "field", "op" and "value".')
    field, op, value = condition["field"], condition["op"], condition["value"]
    for key, names in (("field", fields()), ("op", tuple(OPERATORS))):
        if condition[key] not in names:
            raise ValidationError(f"Unknown {key} {quoted(condition[key])}; use one of {', '.join(names)}.")
    if not isinstance(value, _WANTED_TYPES[op]) or not all(
        map(_is_plain, value if isinstance(value, list) else [value])
    ):
        raise ValidationError(f"{quoted(value)} is not a valid value for “{op}”.")
    numbers = [each.name for each in facts() if each.is_number]
    if op in _COMPARING and (field not in numbers or isinstance(value, bool)):
        raise ValidationError(f"“{op}” compares numbers: use it with {' or '.join(numbers)}.")


def _is_plain(value: Any) -> bool:
    """What JSON in the database can hold: no NUL, no infinity, nothing nested."""
    if isinstance(value, str):
        return is_storable(value)
    return isinstance(value, _SCALAR) and not (isinstance(value, float) and not math.isfinite(value))
