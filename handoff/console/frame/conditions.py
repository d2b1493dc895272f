"""A field of conditions on the facts of a lead: rows of field, operator and value."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from babel import Locale
from django.core.exceptions import ValidationError

from handoff.console.frame.rows import Row, RowsField, RowsInput
from leads.conditions import BY_VERBS, validate_conditions
from leads.facts import Fact, FactType, fact, facts
from leads.models import Campaign, Lead, Team, User

OPERATORS = {
    "is": "is",
    "is_not": "is not",
    "in": "is one of",
    "not_in": "is none of",
    "at_least": "is at least",
    "at_most": "is at most",
    "given": "is given",
    "empty": "is empty",
}
"""What people choose from. The last two are the one operator `present`."""
LISTS, COMPARING = ("in", "not_in"), ("at_least", "at_most")
HELP = "A lead must meet all conditions. Without any, it is every lead. For “one of”, separate values with commas."
OFFERED = 300  # values of a field that are offered at most
LATEST = 5000  # leads whose sources are offered: reading all would take as long as there are leads
Offer = Sequence[tuple[str, str]]


class ConditionsInput(RowsInput):
    columns: ClassVar[Sequence[str]] = ("field", "op", "value")
    template = "handoff/console/settings/conditions.html"

    def context(self, rows: Sequence[Row]) -> dict[str, Any]:
        labels = {each.name: each.label for each in facts()} | {name: name.capitalize() for name in BY_VERBS}
        shown = [
            {"fields": _options(labels, field), "ops": _options(OPERATORS, op), "value": value}
            for field, op, value in [*rows, ("", "is", "")]
        ]
        return {"rows": shown, "choices": json.dumps(_offered())}


class ConditionsField(RowsField):
    """Conditions that all must hold. None at all is every lead."""

    widget: Any = ConditionsInput
    empty_values = [None, "", [], ()]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{"required": False, "help_text": HELP, "validators": [validate_conditions], "empty_value": []} | kwargs
        )

    def rows_of(self, value: Any) -> list[Row] | None:
        return [(each["field"], *_op_and_text(each["op"], each["value"])) for each in value or []]

    def from_rows(self, rows: Iterable[Row]) -> Any:
        return [_condition(field, op, text) for field, op, text in rows if field]

    def to_python(self, value: Any) -> Any:
        conditions = super().to_python(value)
        return [] if conditions in self.empty_values else conditions

    def _rows_or_none(self, value: Any) -> list[Row] | None:
        rows = super()._rows_or_none(value)
        if rows is None or not all(map(_same, value or [], self.from_rows(rows))):
            return None
        return rows


def _options(labels: dict[str, str], chosen: str) -> list[tuple[str, str, bool]]:
    gone = {} if not chosen or chosen in labels else {chosen: chosen}
    return [(name, label, name == chosen) for name, label in (labels | gone).items()]


def _condition(field: str, op: str, text: str) -> dict[str, Any]:
    if op in ("given", "empty"):
        return {"field": field, "op": "present", "value": op == "given"}
    label, texts = _label(field), _parts(text) if op in LISTS else [text.strip()]
    if not any(texts):
        raise ValidationError(f"{label}: give a value, or choose “is empty”.")
    if op in COMPARING and not ((card := _card(field)) and card.is_ordered):
        raise ValidationError(f"{label}: “{OPERATORS[op]}” compares numbers, dates and amounts: choose “is”.")
    try:
        values = [_value(field, each) for each in texts]
    except ValidationError as error:
        raise ValidationError([_about(label, message) for message in error.messages]) from error
    return {"field": field, "op": op, "value": values if op in LISTS else values[0]}


def _about(label: str, message: str) -> str:
    """An attribute names itself in what it complains of."""
    return message if message.startswith(f"{label}:") else f"{label}: {message}"


def _value(field: str, text: str) -> Any:
    """As it is kept of a lead, so that it is compared with the same; an amount of money stays as it was written."""
    cleaned = _cleaned(field, text.strip())
    return text.strip() if isinstance(cleaned, dict) else cleaned


def _cleaned(field: str, value: Any) -> Any:
    card = _card(field)
    if card is None:
        return value
    cleaned = card.clean(value)
    if isinstance(cleaned, list):
        return cleaned[0] if len(cleaned) == 1 else value
    return cleaned


def _card(field: str) -> Fact | None:
    try:
        return fact(field)
    except KeyError:
        return None


def _label(field: str) -> str:
    card = _card(field)
    return card.label if card else field.capitalize()


def _op_and_text(op: str, value: Any) -> tuple[str, str]:
    if op == "present":
        return ("given" if value else "empty"), ""
    if op in LISTS:
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(map(_as_text, value))
        return op, line.getvalue().replace(",", ", ") if '"' not in line.getvalue() else line.getvalue()
    if op not in OPERATORS:
        raise ValueError(op)
    return op, _as_text(value)


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int | float) and value != "":
        return str(value)
    raise ValueError(value)


def _parts(text: str) -> list[str]:
    """The values between commas; one in quotes may have commas."""
    lines = csv.reader([" ".join(text.split())], skipinitialspace=True)
    return [part.strip() for line in lines for part in line if part.strip()]


def _same(kept: Mapping[str, Any], made: Mapping[str, Any]) -> bool:
    """The rows say what was kept, if need be in another spelling."""
    if (kept["field"], kept["op"]) != (made["field"], made["op"]):
        return False
    if kept["op"] == "present" or kept["value"] == made["value"]:
        return True
    pairs = zip(kept["value"], made["value"], strict=False) if kept["op"] in LISTS else [(kept["value"], made["value"])]
    return all(_cleaned(kept["field"], one) == _cleaned(kept["field"], other) for one, other in pairs)


def _offered() -> dict[str, dict[str, Any]]:
    """What the page's script offers for each field: its kind of input, and its choices."""
    kinds = {FactType.DATE: "date", FactType.NUMBER: "number", FactType.DECIMAL: "number"}
    offered = {each.name: {"input": kinds.get(each.type, "text"), "choices": list(_choices(each))} for each in facts()}
    people = User.objects.filter(is_active=True).order_by("username")[:OFFERED]
    offered["owner"] = {"input": "text", "choices": [(user.username, f"{user} ({user.username})") for user in people]}
    teams = Team.objects.values_list("name", flat=True)[:OFFERED]
    offered["team"] = {"input": "text", "choices": [(name, name) for name in teams]}
    return offered


def _choices(card: Fact) -> Offer:
    match card.type:
        case FactType.YES_NO:
            return [("yes", "Yes"), ("no", "No")]
        case FactType.CHOICE | FactType.CHOICES:
            return [(choice.key, choice.label) for choice in card.choices if not choice.is_archived]
        case FactType.COUNTRY:
            return _countries()
        case FactType.CAMPAIGN:
            return [(name, name) for name in Campaign.objects.values_list("name", flat=True)[:OFFERED]]
    if card.name == "source":
        latest = Lead.objects.order_by("-pk").values_list("source", flat=True)[:LATEST]
        return [(source, card.shown(source)) for source in sorted(set(latest) - {""})[:OFFERED]]
    return []


def _countries() -> Offer:
    names = Locale("en").territories
    pairs = [(code, str(name)) for code, name in names.items() if len(code) == 2 and code.isalpha()]
    return sorted(pairs, key=lambda pair: pair[1])
