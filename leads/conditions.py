"""Conditions on the facts of a lead: field, operator, value. All must hold. There is no rule language beyond this."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError

from leads.facts import Fact, fact, facts
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
_LISTS = ("in", "not_in")
_NEGATIVE = ("is_not", "not_in")
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


def unmet(
    conditions: Iterable[Condition], values: Mapping[str, Any], roles: Collection[str] | None = None
) -> list[str]:
    """Say of each condition that does not hold what is there and what is wanted, to somebody with these roles."""
    return [_complaint(condition, values, roles) for condition in conditions if not _holds(condition, values)]


def all_hold(conditions: Iterable[Condition], values: Mapping[str, Any]) -> bool:
    """Whether all hold for what a lead has. Only what is named is read, as some of it costs a query."""
    return all(_holds(condition, values) for condition in conditions)


def validate_conditions(conditions: Any) -> None:
    """Refuse what is not a list of {"field", "op", "value"} with names known here."""
    if not isinstance(conditions, list):
        raise ValidationError('Write a list of conditions, like [{"field": "score", "op": "at_least", "value": 50}].')
    for condition in conditions:
        _validate(condition)


def is_hidden(condition: Condition, roles: Collection[str] | None) -> bool:
    """Somebody with these roles may not see what the condition asks for. None is the system, which sees all."""
    attribute = _attribute(condition["field"])
    return roles is not None and attribute is not None and not attribute.is_seen_by(roles)


def in_words(condition: Condition) -> str:
    """Like `score at least 80`, or `Tier is Gold` of an attribute."""
    attribute, op, wanted = _attribute(condition["field"]), condition["op"].replace("_", " "), condition["value"]
    field = attribute.label if attribute else condition["field"]
    if op == "present":
        return f"{field} is {'given' if wanted else 'empty'}"
    return f"{field} {op} {_listed(attribute, wanted)}"


def _attribute(name: Any) -> Fact | None:
    """The attribute of this name; None for what every lead has, and for what is not there any more."""
    if not isinstance(name, str) or "." not in name:
        return None
    try:
        return fact(name)
    except KeyError:
        return None


def _holds(condition: Condition, values: Mapping[str, Any]) -> bool:
    field, op, wanted = condition["field"], condition["op"], condition["value"]
    attribute = _attribute(field)
    if attribute is None or op == "present":
        return OPERATORS[op](values[field], wanted)
    return _holds_of_attribute(attribute, op, values[field], wanted)


def _holds_of_attribute(attribute: Fact, op: str, actual: Any, wanted: Any) -> bool:
    """In the values that are kept: 5.0 is 5, a label is its choice. Of several choices, one that fits is enough."""
    cleaned = [_cleaned(attribute, each) for each in (wanted if op in _LISTS else [wanted])]
    if op in _COMPARING:
        return _compares(op, actual, cleaned[0])
    chosen = actual if isinstance(actual, list) else [actual]
    is_among = any(value in cleaned for value in chosen) or (actual is None and None in cleaned)
    return is_among != (op in _NEGATIVE)


def _cleaned(attribute: Fact, wanted: Any) -> Any:
    """A wanted value as it would be kept. One of several choices is asked for by itself."""
    try:
        cleaned = attribute.clean(wanted)
    except ValidationError:
        return wanted
    return cleaned[0] if isinstance(cleaned, list) else cleaned


def _compares(op: str, actual: Any, wanted: Any) -> bool:
    if isinstance(actual, dict) and isinstance(wanted, dict):
        if actual["currency"] != wanted["currency"]:  # nobody knows the rate of the day
            return False
        actual, wanted = actual["amount"], wanted["amount"]
    try:
        return OPERATORS[op](actual, wanted)
    except TypeError:  # the attribute had another type when the condition was written
        return False


def _complaint(condition: Condition, values: Mapping[str, Any], roles: Collection[str] | None) -> str:
    if is_hidden(condition, roles):
        return "it does not meet a condition on a fact that you may not see"
    field, op, wanted = condition["field"], condition["op"], condition["value"]
    attribute, actual = _attribute(field), values[field]
    label = attribute.label if attribute else field
    shown = "empty" if actual in (None, "") else _listed(attribute, actual)
    if op == "present":
        return f"{label} is {shown}, must be {'given' if wanted else 'empty'}"
    return f"{label} is {shown}, must be {_WORDS[op]} {_listed(attribute, wanted)}"


def _listed(attribute: Fact | None, value: Any) -> str:
    if attribute is None:
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    items = value if isinstance(value, list) else [value]
    return ", ".join(_shown(attribute, item) for item in items)


def _shown(attribute: Fact, value: Any) -> str:
    try:
        return attribute.shown(attribute.clean(value))
    except ValidationError:
        return str(value)


def _validate(condition: Any) -> None:
    if not isinstance(condition, dict) or set(condition) != {"field", "op", "value"}:
        raise ValidationError('Each condition has exactly "field", "op" and "value".')
    field, op, value = condition["field"], condition["op"], condition["value"]
    attribute = _attribute(field)
    if attribute is None and field not in (names := fields()):
        raise ValidationError(f"Unknown field {quoted(field)}; use one of {', '.join(names)}.")
    if op not in tuple(OPERATORS):
        raise ValidationError(f"Unknown op {quoted(op)}; use one of {', '.join(OPERATORS)}.")
    _check_value(attribute, op, value)
    if op in _COMPARING and not _is_comparable(attribute, field, value):
        numbers = " or ".join(each.name for each in facts() if each.is_ordered)
        raise ValidationError(f"“{op}” compares numbers: use it with {numbers}.")
    if attribute and op != "present":
        for each in value if isinstance(value, list) else [value]:
            attribute.clean(each)


def _check_value(attribute: Fact | None, op: str, value: Any) -> None:
    """Its shape: a list of plain values, or one. Dates and amounts of attributes are compared as well."""
    types = _SCALAR if attribute and op in _COMPARING else _WANTED_TYPES[op]
    plain = value if isinstance(value, list) else [value]
    if not isinstance(value, types) or not all(map(_is_plain, plain)):
        raise ValidationError(f"{quoted(value)} is not a valid value for “{op}”.")


def _is_comparable(attribute: Fact | None, field: str, value: Any) -> bool:
    card = attribute or (fact(field) if field not in BY_VERBS else None)
    if card is None or not card.is_ordered:
        return False
    return not isinstance(value, bool) and value is not None and value != ""


def _is_plain(value: Any) -> bool:
    """What JSON in the database can hold: no NUL, no infinity, nothing nested."""
    if isinstance(value, str):
        return is_storable(value)
    return isinstance(value, _SCALAR) and not (isinstance(value, float) and not math.isfinite(value))
