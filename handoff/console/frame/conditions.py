"""A field of conditions on the facts of a lead: rows of field, operator and value."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from babel import Locale
from django.core.exceptions import ValidationError

from handoff.console.frame.rows import Row, RowsField, RowsInput
from leads.conditions import field_of, fields, validate_conditions
from leads.conditions.checks import RELATIVE
from leads.conditions.fields import DERIVED, Kind
from leads.conditions.validation import OPERATORS_OF, PLAIN
from leads.facts import Fact, FactType, fact, facts
from leads.models import Campaign, Lead, Team, Touchpoint, User
from leads.normalise import normalise_kind, quoted

OPERATORS = {
    "is": "is",
    "is_not": "is not",
    "in": "is one of",
    "not_in": "is none of",
    "at_least": "is at least",
    "at_most": "is at most",
    "given": "is given",
    "empty": "is empty",
    "within_last": "is within the last … days",
    "within_next": "is within the next … days",
    "longer_ago_than": "is more than … days ago",
    "further_ahead_than": "is more than … days ahead",
}
"""What people choose from. `given` and `empty` are the one operator `present`."""
LISTS, COMPARING = ("in", "not_in"), ("at_least", "at_most")
WINDOW = ("kinds", "within_days", "distinct", "campaign", "detail")
"""Which touchpoints a row asks for, where it asks for touchpoints."""
DISTINCT = {"each": "each of them", "days": "days with one", "kinds": "different kinds"}
DOERS = (Kind.TOUCHPOINTS, Kind.EVENT)
HELP = "A lead must meet all conditions. Without any, it is every lead. For “one of”, separate values with commas."
OFFERED = 300  # values of a field that are offered at most
LATEST = 5000  # leads whose sources are offered: reading all would take as long as there are leads
Offer = Sequence[tuple[str, str]]


class ConditionsInput(RowsInput):
    columns: ClassVar[Sequence[str]] = ("field", "op", "value", *WINDOW)
    template = "handoff/console/settings/conditions.html"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Whoever asks for no touchpoints need not say which."""
        if f"{name}_rows" in data:
            data = data.copy()
            rows = len(data.getlist(f"{name}_field"))
            for column in WINDOW:
                sent = data.getlist(f"{name}_{column}")
                data.setlist(f"{name}_{column}", [*sent, *[""] * (rows - len(sent))])
        return super().value_from_datadict(data, files, name)

    def context(self, rows: Sequence[Row]) -> dict[str, Any]:
        labels = {each.name: each.label for each in map(field_of, fields())}
        blank = ("", "is", "", *[""] * len(WINDOW))
        shown = [_shown_row(labels, *row) for row in [*rows, blank]]
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
        return [(each["field"], *_op_and_text(each["op"], each["value"]), *_window_texts(each)) for each in value or []]

    def from_rows(self, rows: Iterable[Row]) -> Any:
        return [_condition(field, op, text, *window) for field, op, text, *window in rows if field]

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


def _shown_row(labels: dict[str, str], field: str, op: str, value: str, *window: str) -> dict[str, Any]:
    row: dict[str, Any] = dict(zip(WINDOW, window, strict=True))
    ways = _options(DISTINCT, row["distinct"] or "each")
    return row | {"fields": _options(labels, field), "ops": _options(OPERATORS, op), "value": value, "ways": ways}


def _condition(field: str, op: str, text: str, *window: str) -> dict[str, Any]:
    if op in ("given", "empty"):
        return {"field": field, "op": "present", "value": op == "given"}
    if _kind(field) in DOERS:
        return _of_touchpoints(field, op, text, *window)
    if op in RELATIVE:
        return {"field": field, "op": op, "value": _whole(_label(field), text)}
    return _of_fact(field, op, text)


def _of_fact(field: str, op: str, text: str) -> dict[str, Any]:
    label, texts = _label(field), _parts(text) if op in LISTS else [text.strip()]
    if not any(texts):
        raise ValidationError(f"{label}: give a value, or choose “is empty”.")
    if op in COMPARING and _kind(field) not in (Kind.NUMBER, Kind.MONEY, Kind.DATE, Kind.MOMENT, Kind.GRADE, None):
        raise ValidationError(f"{label}: “{OPERATORS[op]}” compares numbers, dates and amounts: choose “is”.")
    try:
        values = [_value(field, each) for each in texts]
    except ValidationError as error:
        raise ValidationError([_about(label, message) for message in error.messages]) from error
    return {"field": field, "op": op, "value": values if op in LISTS else values[0]}


def _of_touchpoints(field: str, op: str, text: str, *window: str) -> dict[str, Any]:
    """A number of touchpoints, or the kinds of an event; and which are meant."""
    kinds, days, distinct, campaign, detail = (each.strip() for each in (*window, *[""] * (len(WINDOW) - len(window))))
    asked: dict[str, Any] = {"field": field, "op": op, "value": text}
    if field == "touchpoints":
        asked["value"] = _whole("Touchpoints", text)
        asked |= {"kinds": _kinds(kinds)} if kinds else {}
        asked |= {"distinct": distinct} if distinct not in ("", "each") else {}
    else:
        values = _kinds(text)
        if not values:
            raise ValidationError("Intent event: give what the buyer did, like demo_request.")
        asked["value"] = values if op in LISTS else values[0]
    asked |= {"within_days": _whole("Within days", days)} if days else {}
    return asked | {name: given for name, given in (("campaign", campaign), ("detail", detail)) if given}


def _kinds(text: str) -> list[str]:
    return [normalise_kind(part) for part in _parts(text)]


def _whole(label: str, text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text.strip()):
        raise ValidationError(f"{label}: {quoted(text)} is not a valid whole number: write one like 30.")
    return int(text)


def _kind(field: str) -> Kind | None:
    try:
        return field_of(field).kind
    except KeyError:
        return None


def _window_texts(condition: Mapping[str, Any]) -> tuple[str, ...]:
    kinds, days = ", ".join(condition.get("kinds", ())), condition.get("within_days", "")
    return (kinds, str(days), condition.get("distinct", ""), condition.get("campaign", ""), condition.get("detail", ""))


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
    try:
        return field_of(field).label
    except KeyError:
        return field.capitalize()


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
    if _kind(kept["field"]) in DOERS:
        return kept == made
    if kept["op"] == "present" or kept["value"] == made["value"]:
        return True
    pairs = zip(kept["value"], made["value"], strict=False) if kept["op"] in LISTS else [(kept["value"], made["value"])]
    return all(_cleaned(kept["field"], one) == _cleaned(kept["field"], other) for one, other in pairs)


def _offered() -> dict[str, dict[str, Any]]:
    """What the page's script offers for each field: its kind of input, and its choices."""
    kinds = {FactType.DATE: "date", FactType.NUMBER: "number", FactType.DECIMAL: "number"}
    offered = {each.name: {"input": kinds.get(each.type, "text"), "choices": list(_choices(each))} for each in facts()}
    offered |= {
        each.name: {"input": "text", "choices": [(choice.key, choice.label) for choice in each.choices]}
        for each in DERIVED
    }
    offered |= {"touchpoints": {"input": "number", "choices": []}, "event": {"input": "text", "choices": _events()}}
    people = User.objects.filter(is_active=True).order_by("username")[:OFFERED]
    offered["owner"] = {"input": "text", "choices": [(user.username, f"{user} ({user.username})") for user in people]}
    teams = Team.objects.values_list("name", flat=True)[:OFFERED]
    offered["team"] = {"input": "text", "choices": [(name, name) for name in teams]}
    for name, offer in offered.items():
        kind = field_of(name).kind
        offer |= {"ops": _operators(kind), "window": kind.value if kind in DOERS else ""}
        offer["input"] = "date" if kind == Kind.MOMENT else offer["input"]
    return offered


def _operators(kind: Kind) -> list[str]:
    """Those that make sense for a kind, as people choose them."""
    ordered = (Kind.NUMBER, Kind.MONEY)
    offered = OPERATORS_OF.get(kind, (*PLAIN, *COMPARING) if kind in ordered else PLAIN)
    return [op for op in OPERATORS if op in offered or (op in ("given", "empty") and "present" in offered)]


def _events() -> Offer:
    """What buyers have done lately."""
    latest = Touchpoint.objects.order_by("-at", "-id").values_list("kind", flat=True)[:LATEST]
    return [(kind, kind) for kind in sorted(set(latest))[:OFFERED]]


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
