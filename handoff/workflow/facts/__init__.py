"""The facts that verbs ask for, and the words in which a missing or wrong one is refused.

They are Django forms: the console shows them as its dialogs, and every other door fills in the same fields. Beside each
form stands a TypedDict of what the shell may give for its fields, so that mypy finds a misspelled one.
"""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model

from handoff.refusals import FactsRefused
from handoff.workflow.facts.base import Facts, day_of
from leads.models import Lead, Reason, Team, User
from leads.normalise import is_storable

_SPELLED: Mapping[type, Callable[[Any], Any]] = {
    **dict.fromkeys((str, int, bool), lambda value: value),
    **dict.fromkeys((datetime, date, Decimal), DjangoJSONEncoder().default),
}
__all__ = ["Facts", "as_json", "check", "day_of", "unknown_field"]


def check(
    form: type[Facts],
    verb: str,
    lead: Lead,
    given: Mapping[str, Any],
    *,
    by: User | None = None,
    at: datetime | None = None,
    historical: bool = False,
) -> dict[str, Any]:
    """The facts of a verb at a moment, cleaned; or a refusal that says of each what is wrong with it."""
    _refuse_unstorable(given)
    bound = form(_as_keys(given), lead=lead, by=by, at=at, historical=historical)
    unknown = {name: [unknown_field(verb, name)] for name in given if name not in bound.fields}
    if unknown or not bound.is_valid():
        errors = {name: [str(message) for message in messages] for name, messages in bound.errors.items()} | unknown
        raise FactsRefused(" ".join(message for messages in errors.values() for message in messages), errors)
    return bound.cleaned_data


def _refuse_unstorable(given: Mapping[str, Any]) -> None:
    """Before the form looks for it in the database, which takes no such text, not even to compare with."""
    wrong = [name for name, value in given.items() if isinstance(value, str) and not is_storable(value)]
    if wrong:
        complaint = "Contains invalid characters (NUL or unpaired surrogate)."
        raise FactsRefused(complaint, {name: [complaint] for name in wrong})


def unknown_field(verb: str, name: str) -> str:
    return f"“{name}” is not a field of “{verb}”."


def as_json(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts as the history keeps them: named things by their key, and nothing that was left empty."""
    kept = {name: _key(value) for name, value in facts.items() if value not in (None, "", False)}
    spell = [_SPELLED.get(type(value)) for value in kept.values()]
    if all(spell):  # most are so, and to write them as JSON and to read that again takes long
        return {name: each(value) for (name, value), each in zip(kept.items(), spell, strict=True) if each}
    as_stored: dict[str, Any] = json.loads(json.dumps(kept, cls=DjangoJSONEncoder))
    return as_stored


def _as_keys(given: Mapping[str, Any]) -> dict[str, Any]:
    """Named things by their key. A form refuses infinity as text, and would fail on it as a number."""
    keys = {name: _key(value) for name, value in given.items()}
    return {name: str(key) if isinstance(key, float) and not isfinite(key) else key for name, key in keys.items()}


def _key(value: Any) -> Any:
    match value:
        case User():
            return value.username
        case Reason():
            return value.code
        case Team():
            return value.name
        case Model():
            return value.pk
    return value
