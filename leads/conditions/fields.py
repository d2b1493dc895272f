"""What conditions may ask for: plain facts, who works the lead, and what follows from touchpoints and consents.

A field has a kind, which says what its values are in Python and in SQL, so that both answer alike: a text is never NULL
but empty, and of every other kind None and NULL are empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from leads.conditions.fragments import Sql, compose
from leads.facts import Choice, Fact, FactType, fact, facts

BY_VERBS = ("team", "owner")
"""What conditions may ask for besides the plain facts: by name and by username."""


class Kind(StrEnum):
    """What values a field has."""

    TEXT = "text"
    NUMBER = "number"
    YES_NO = "yes_no"
    DATE = "date"  # written like 2026-03-31
    MONEY = "money"
    CHOICES = "choices"
    GRADE = "grade"  # a text out of a list, the best first
    MOMENT = "moment"
    TOUCHPOINTS = "touchpoints"
    EVENT = "event"


@dataclass(frozen=True)
class Field:
    """One thing that conditions may ask for."""

    name: str
    label: str
    kind: Kind
    card: Fact | None = None
    choices: tuple[Choice, ...] = ()

    @property
    def attribute(self) -> Fact | None:
        return self.card if self.card and self.card.key else None


CONSENTS = (Choice("granted", "Granted"), Choice("withdrawn", "Withdrawn"))
PURPOSES = {"email": "Consent to email", "phone": "Consent to calls", "all": "Consent to everything"}
GRADES = (*(Choice(grade, grade) for grade in "ABCD"), Choice("X", "Excluded"))
"""Of a lead by the scoring model in force, the best first."""
DERIVED = (
    Field("team", "Team", Kind.TEXT),
    Field("owner", "Owner", Kind.TEXT),
    Field("created_at", "Captured", Kind.MOMENT),
    Field("fit_grade", "Fit grade", Kind.GRADE, choices=GRADES),
    *(Field(f"consent.{purpose}", label, Kind.TEXT, choices=CONSENTS) for purpose, label in PURPOSES.items()),
    Field("touchpoints", "Touchpoints", Kind.TOUCHPOINTS),
    Field("event", "Intent event", Kind.EVENT),
    Field("last_touchpoint", "Last touchpoint", Kind.MOMENT),
)
"""The fields that are not plain facts. Whoever adds one says in `sources` where it is in the database, and in LeadFacts
how a lead has it."""

_DERIVED = {field.name: field for field in DERIVED}
_KINDS = {
    FactType.NUMBER: Kind.NUMBER,
    FactType.DECIMAL: Kind.NUMBER,
    FactType.MONEY: Kind.MONEY,
    FactType.DATE: Kind.DATE,
    FactType.YES_NO: Kind.YES_NO,
    FactType.CHOICES: Kind.CHOICES,
}


def fields() -> tuple[str, ...]:
    """What conditions may ask for."""
    return (*(each.name for each in facts()), *_DERIVED)


def field_of(name: str) -> Field:
    """The field of this name, also of an archived attribute; KeyError for any other."""
    if name in _DERIVED:
        return _DERIVED[name]
    card = fact(name)
    return Field(name, card.label, _KINDS.get(card.type, Kind.TEXT), card, card.choices)


def canonical(kind: Kind, actual: Any) -> Any:
    """The value of a lead as checks compare it. What is not of the kind is empty, as it is in SQL."""
    match kind:
        case Kind.TEXT | Kind.GRADE:
            return actual if isinstance(actual, str) else ""
        case Kind.NUMBER:
            return number(actual)
        case Kind.YES_NO:
            return actual if isinstance(actual, bool) else None
        case Kind.DATE:
            return actual if isinstance(actual, str) and actual else None
        case Kind.MONEY:
            return _money(actual)
        case Kind.CHOICES:
            return tuple(actual) if isinstance(actual, list) and actual else None
        case Kind.MOMENT:
            return actual if isinstance(actual, datetime) else None
    return actual


def number(actual: Any) -> Decimal | None:
    """Exactly, as PostgreSQL compares it: a float is the number that is written for it."""
    if isinstance(actual, bool) or not isinstance(actual, int | float | Decimal):
        return None
    return Decimal(str(actual)) if isinstance(actual, float) else Decimal(actual)


def _money(actual: Any) -> tuple[Decimal, str] | None:
    if not isinstance(actual, Mapping):
        return None
    amount, currency = number(actual.get("amount")), actual.get("currency")
    return (amount, currency) if amount is not None and isinstance(currency, str) else None


_FROM_JSON = {
    Kind.TEXT: "CASE jsonb_typeof({0}) WHEN 'string' THEN {1} #>> '{{}}' ELSE '' END",
    Kind.NUMBER: "CASE jsonb_typeof({0}) WHEN 'number' THEN ({1})::numeric END",
    Kind.YES_NO: "CASE jsonb_typeof({0}) WHEN 'boolean' THEN ({1})::boolean END",
    Kind.DATE: "CASE jsonb_typeof({0}) WHEN 'string' THEN nullif({1} #>> '{{}}', '') END",
    Kind.CHOICES: "CASE WHEN jsonb_typeof({0}) = 'array' THEN nullif({1}, '[]') END",
    Kind.MOMENT: "CASE jsonb_typeof({0}) WHEN 'string' THEN nullif({1} #>> '{{}}', '')::timestamptz END",
}
_MONEY_FROM_JSON = (
    "CASE WHEN jsonb_typeof({} -> 'amount') = 'number' AND jsonb_typeof({} -> 'currency') = 'string' THEN {} END"
)


def from_json(kind: Kind, json: Sql) -> Sql:
    """The same in SQL, of a value that is kept as JSON."""
    if kind == Kind.MONEY:
        return compose(_MONEY_FROM_JSON, json, json, json)
    return compose(_FROM_JSON[Kind.TEXT if kind == Kind.GRADE else kind], json, json)
