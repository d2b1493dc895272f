"""Conditions in words: what is asked for, and what is there instead."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

from leads.conditions.building import Condition, actual_of, check_of
from leads.conditions.checks import RELATIVE, day_of
from leads.conditions.fields import Field, Kind, field_of
from leads.conditions.windows import Counted
from leads.facts import Fact

_WORDS = {
    "is": "exactly",
    "is_not": "anything but",
    "in": "one of",
    "not_in": "none of",
    "at_least": "at least",
    "at_most": "at most",
}
_COUNTED = {"each": "touchpoints", "days": "days with touchpoints", "kinds": "kinds of touchpoints"}


def in_words(condition: Condition) -> str:
    """Like `score at least 80`, or `Tier is Gold` of an attribute."""
    field = _field(condition["field"])
    op, wanted = condition["op"].replace("_", " "), condition["value"]
    if field is None:
        return f"{condition['field']} {op} {wanted}"
    if field.kind == Kind.TOUCHPOINTS:
        return f"{op} {wanted} {_counted(condition)}"
    if field.kind == Kind.EVENT:
        return _event(condition)
    if condition["op"] in RELATIVE:
        return f"{_name(field)} {_relative(condition)}"
    if condition["op"] == "present":
        return f"{_name(field)} is {'given' if wanted else 'empty'}"
    return f"{_name(field)} {op} {_listed(field, wanted)}"


def complaint(
    condition: Condition, values: Mapping[str, Any], at: datetime, roles: Collection[str] | None = None
) -> str:
    """What is there and what is wanted, to somebody with these roles."""
    if is_hidden(condition, roles):
        return "it does not meet a condition on a fact that you may not see"
    field, op, wanted = field_of(condition["field"]), condition["op"], condition["value"]
    check = check_of(field, condition)
    if isinstance(check, Counted):
        return f"{_counted(condition)}: {check.count(values[field.name], at)}, must be {_WORDS[op]} {wanted}"
    if field.kind == Kind.EVENT:
        return f"there is {'such an event' if op in ('is_not', 'not_in') else 'none'}: {_event(condition)}"
    actual = actual_of(field, values, at) if field.kind == Kind.MOMENT else values[field.name]
    return f"{_name(field)} is {_shown(field, actual)}, must be {_must_be(field, condition)}"


def is_hidden(condition: Condition, roles: Collection[str] | None) -> bool:
    """Somebody with these roles may not see what the condition asks for. None is the system, which sees all."""
    field = _field(condition["field"])
    attribute = field.attribute if field else None
    return roles is not None and attribute is not None and not attribute.is_seen_by(roles)


def label_of(name: str) -> str:
    """What people call a field; its name if it is not there any more."""
    field = _field(name)
    return field.label if field else name


def _field(name: Any) -> Field | None:
    """None for what is not there any more."""
    try:
        return field_of(name)
    except KeyError:
        return None


def _name(field: Field) -> str:
    """A built-in fact is called by its name, as in the API; all others by their labels."""
    return field.label if field.attribute or field.kind == Kind.MOMENT or "." in field.name else field.name


def _must_be(field: Field, condition: Condition) -> str:
    op, wanted = condition["op"], condition["value"]
    if op == "present":
        return "given" if wanted else "empty"
    if op in RELATIVE:
        return _relative(condition)
    return f"{_WORDS[op]} {_listed(field, wanted)}"


def _relative(condition: Condition) -> str:
    days = condition["value"]
    length = "1 day" if days == 1 else f"{days} days"
    match condition["op"]:
        case "within_last":
            return f"within the last {length}" if days else "today"
        case "within_next":
            return f"within the next {length}" if days else "today"
        case "longer_ago_than":
            return f"more than {length} ago" if days else "in the past"
    return f"more than {length} ahead" if days else "in the future"


def _counted(condition: Condition) -> str:
    kinds = condition.get("kinds") or []
    of = f" of {' or '.join(kinds)}" if kinds else ""
    return f"{_COUNTED[condition.get('distinct', 'each')]}{of}{_window(condition)}"


def _event(condition: Condition) -> str:
    wanted = condition["value"]
    kinds = " or ".join(wanted) if isinstance(wanted, list) else wanted
    return f"{'no ' if condition['op'] in ('is_not', 'not_in') else ''}event {kinds}{_window(condition)}"


def _window(condition: Condition) -> str:
    days, campaign, detail = condition.get("within_days"), condition.get("campaign"), condition.get("detail")
    words = f" within {days} day{'' if days == 1 else 's'}" if days is not None else ""
    words += f" of the campaign {campaign}" if campaign else ""
    return words + (f" about “{detail}”" if detail else "")


def _shown(field: Field, actual: Any) -> str:
    if actual in (None, ""):
        return "empty"
    return day_of(actual) if field.kind == Kind.MOMENT else _listed(field, actual)


def _listed(field: Field, value: Any) -> str:
    items = value if isinstance(value, list) else [value]
    if field.attribute:
        return ", ".join(_shown_of(field.attribute, item) for item in items)
    labels = {choice.key: choice.label.lower() for choice in field.choices} if field.card is None else {}
    return ", ".join(labels.get(item, str(item)) if isinstance(item, str) else str(item) for item in items)


def _shown_of(attribute: Fact, value: Any) -> str:
    try:
        return attribute.shown(attribute.clean(value))
    except ValidationError:
        return str(value)
