"""Conditions on a lead: field, operator, value. All must hold. There is no rule language beyond this."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError

if TYPE_CHECKING:
    from leads.models import Lead

Condition = Mapping[str, Any]

FIELDS = ("source", "campaign", "country", "team", "owner", "score", "email", "phone", "company", "title", "name")
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
_WORDS = {
    "is": "exactly",
    "is_not": "anything but",
    "in": "one of",
    "not_in": "none of",
    "at_least": "at least",
    "at_most": "at most",
}
_WANTED_TYPES: dict[str, type | tuple[type, ...]] = {
    "in": list,
    "not_in": list,
    "at_least": (int, float),
    "at_most": (int, float),
    "present": bool,
}


def unmet(conditions: Iterable[Condition], lead: "Lead") -> list[str]:
    """Say of each condition that does not hold what is there and what is wanted."""
    return [_complaint(condition, lead) for condition in conditions if not _holds(condition, lead)]


def all_hold(conditions: Iterable[Condition], lead: "Lead") -> bool:
    return all(_holds(condition, lead) for condition in conditions)


def validate_conditions(conditions: Any) -> None:
    """Refuse what is not a list of {"field", "op", "value"} with names known here."""
    if not isinstance(conditions, list):
        raise ValidationError('Write a list of conditions, like [{"field": "score", "op": "at_least", "value": 50}].')
    for condition in conditions:
        _validate(condition)


def _holds(condition: Condition, lead: "Lead") -> bool:
    return OPERATORS[condition["op"]](_value(lead, condition["field"]), condition["value"])


def _value(lead: "Lead", field: str) -> Any:
    value = getattr(lead, field)
    if field == "owner":
        return getattr(value, "username", "")
    return getattr(value, "name", "") if field in ("campaign", "team") else value


def _complaint(condition: Condition, lead: "Lead") -> str:
    field, op, wanted = condition["field"], condition["op"], condition["value"]
    actual = _value(lead, field)
    shown = "empty" if actual in (None, "") else actual
    if op == "present":
        return f"{field} is {shown}, must be {'given' if wanted else 'empty'}"
    listed = ", ".join(map(str, wanted)) if isinstance(wanted, list) else wanted
    return f"{field} is {shown}, must be {_WORDS[op]} {listed}"


def _validate(condition: Any) -> None:
    if not isinstance(condition, dict) or set(condition) != {"field", "op", "value"}:
        raise ValidationError('Each condition has exactly "field", "op" and "value".')
    for key, known in (("field", FIELDS), ("op", OPERATORS)):
        if not isinstance(condition[key], str) or condition[key] not in known:
            raise ValidationError(f"Unknown {key} “{condition[key]}”; use one of {', '.join(known)}.")
    wanted = _WANTED_TYPES.get(condition["op"], object)
    if not isinstance(condition["value"], wanted):
        raise ValidationError(f"“{condition['op']}” does not go with the value {condition['value']!r}.")
    if condition["op"] in ("at_least", "at_most") and condition["field"] != "score":
        raise ValidationError(f"“{condition['op']}” compares numbers: use it with score.")
