"""The facts of each verb as JSON: derived from the forms that check them."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms

from handoff.refusals import FactsRefused
from handoff.workflow import CARDS, VERBS
from handoff.workflow.facts import unknown_field
from leads.models import Verb

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "number": (int, float),
    "array": (list,),
}
_NAMES = {
    "string": "text",
    "integer": "a whole number",
    "boolean": "true or false",
    "number": "a number",
    "array": "a list",
}


def stated(body: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The verb and the facts of a request, refused where they are not of the JSON type that the schema promises."""
    verb = body.get("verb")
    if not isinstance(verb, str) or verb not in CARDS:
        complaint = f"`verb` is required: one of {', '.join(Verb)}."
        raise FactsRefused(complaint, {"verb": [complaint]})
    facts = {name: value for name, value in body.items() if name != "verb" and value is not None}
    errors = {name: complaint for name, value in facts.items() if (complaint := _complaint(verb, name, value))}
    if errors:
        raise FactsRefused(
            " ".join(f"{name}: {complaint}" for name, complaint in errors.items()),
            {name: [complaint] for name, complaint in errors.items()},
        )
    return verb, facts


def request_schema(verb: str) -> dict[str, Any]:
    """The schema of the request that does a verb."""
    form = CARDS[verb].facts
    fields: dict[str, forms.Field] = form.base_fields
    names = getattr(form, "field_order", None) or list(fields)
    names = [*names, *(name for name in fields if name not in names)]
    return {
        "type": "object",
        "description": (VERBS[verb].__doc__ or "").partition("\n")[0],
        "required": ["verb", *(name for name in names if fields[name].required)],
        "properties": {"verb": {"type": "string", "enum": [str(verb)]}}
        | {name: _fact_schema(fields[name]) for name in names},
        "additionalProperties": False,
    }


def _complaint(verb: str, name: str, value: Any) -> str:
    if name in CARDS[verb].aside:
        return unknown_field(verb, name)
    field = CARDS[verb].facts.base_fields.get(name)
    if field is None:
        return ""  # the form names it together with whatever else is wrong
    types = [schema["type"] for schema in _alternatives(field)]
    if any(isinstance(value, _TYPES[kind]) and isinstance(value, bool) == (kind == "boolean") for kind in types):
        return ""
    return f"This must be {' or '.join(_NAMES[kind] for kind in types)}."


def _fact_schema(field: forms.Field) -> dict[str, Any]:
    alternatives = _alternatives(field)
    schema: dict[str, Any] = alternatives[0] if len(alternatives) == 1 else {"oneOf": alternatives}
    if field.help_text:
        schema["description"] = str(field.help_text)
    return schema


def _alternatives(field: forms.Field) -> list[dict[str, Any]]:
    """The JSON types in which a fact may be given, the proper one first."""
    match field:
        case forms.BooleanField():
            return [{"type": "boolean"}]
        case forms.ModelChoiceField(to_field_name=None):
            return [{"type": "integer"}]
        case forms.DecimalField():
            return [{"type": "string", "format": "decimal"}, {"type": "number"}]
        case forms.DateTimeField():
            return [{"type": "string", "format": "date-time"}]
        case forms.DateField():
            return [{"type": "string", "format": "date"}]
        case forms.MultipleChoiceField():
            names = [value for value, _ in cast("list[tuple[str, str]]", field.choices)]
            return [{"type": "array", "items": {"type": "string", "enum": names}}]
        case forms.RegexField(regex=pattern):
            return [{"type": "string", "pattern": pattern.pattern}]
    return [_text_schema(field)]


def _text_schema(field: forms.Field) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
        schema["enum"] = [value for value, _ in cast("list[tuple[str, str]]", field.choices) if value]
    if isinstance(field, forms.CharField) and field.max_length:
        schema["maxLength"] = field.max_length
    return schema
