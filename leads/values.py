"""The types of values that facts of a lead have: how each is cleaned, and how people read it.

A cleaned value is what the database keeps, as JSON where the fact is an attribute. Numbers are JSON numbers of at most
15 digits: Python, PostgreSQL and JavaScript all hold those exactly, and compare them as numbers.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.core.exceptions import ValidationError

from leads.moments import storable_day
from leads.normalise import (
    is_storable,
    normalise_country,
    normalise_email,
    normalise_name,
    normalise_source,
    normalise_text,
    quoted,
)

SMALLEST, LARGEST = -(2**31), 2**31 - 1
DIGITS, DECIMALS = 15, 6
LONGEST_TEXT = 10_000
MOST_CHOSEN = 200
YES = frozenset({"yes", "true", "1", "y", "on", "ja", "oui", "sí", "si", "sim", "sì", "tak", "はい"})
NO = frozenset({"no", "false", "0", "n", "off", "nein", "non", "não", "nee", "nie", "nej", "いいえ"})
_CURRENCY = re.compile(r"[A-Z]{3}")
_MONEY = re.compile(r"(?:(?P<before>[A-Z]{3})\s*)?(?P<amount>[+-]?[\d.]+)(?:\s*(?P<after>[A-Z]{3}))?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class FactType(StrEnum):
    """What values a fact has; its type alone decides how they are cleaned, compared and shown."""

    TEXT = "text"
    LONG_TEXT = "long_text"  # with its lines
    NAME = "name"  # of a person: “Null” is one
    KEYWORD = "keyword"  # a text of which upper and lower case are one
    EMAIL = "email"
    PHONE = "phone"
    COUNTRY = "country"
    CAMPAIGN = "campaign"  # another record, by its name
    NUMBER = "number"  # a whole one
    DECIMAL = "decimal"
    MONEY = "money"
    DATE = "date"
    YES_NO = "yes_no"
    CHOICE = "choice"
    CHOICES = "choices"


ORDERED = frozenset({FactType.NUMBER, FactType.DECIMAL, FactType.MONEY, FactType.DATE})
"""Of two values of these types one may be more than the other."""


@dataclass(frozen=True)
class Choice:
    """One value of a fact that has a list of them. An archived one is shown where it was chosen, and not offered."""

    key: str
    label: str
    is_archived: bool = False
    words: tuple[str, ...] = ()
    """What other systems call it."""


def clean(kind: FactType, value: Any, choices: Sequence[Choice] = ()) -> Any:
    """The value as it is kept; ValidationError says what is wrong with it. A blank one is "" or None."""
    if kind == FactType.CHOICE:
        return _choice(value, choices)
    if kind == FactType.CHOICES:
        return _several(value, choices)
    return _CLEANERS[kind](value)


def shown(kind: FactType, value: Any, choices: Sequence[Choice] = ()) -> str:
    """The value as people read it."""
    labels = {choice.key: choice.label for choice in choices}
    match kind:
        case FactType.KEYWORD:
            return str(value).replace("_", " ").capitalize()
        case FactType.YES_NO:
            return "Yes" if value else "No"
        case FactType.CHOICE:
            return labels.get(value, str(value))
        case FactType.CHOICES:
            return ", ".join(labels.get(key, str(key)) for key in value)
        case FactType.MONEY:
            return f"{Decimal(str(value['amount'])):,.2f} {value['currency']}"
    return as_text(kind, value)


def as_text(kind: FactType, value: Any) -> str:
    """The value in the cell of a file, from which `clean` reads the same one again."""
    match kind:
        case FactType.DECIMAL:
            return f"{Decimal(str(value)):f}"
        case FactType.MONEY:
            return f"{Decimal(str(value['amount'])):f} {value['currency']}"
        case FactType.YES_NO:
            return "yes" if value else "no"
        case FactType.CHOICES:
            return "; ".join(value)
    return str(value)


def archived_among(value: Any, choices: Iterable[Choice]) -> set[str]:
    """The archived choices in a cleaned value."""
    chosen = set(value) if isinstance(value, list) else {value}
    return {choice.key for choice in choices if choice.is_archived and choice.key in chosen}


def not_offered(keys: Iterable[str], choices: Sequence[Choice]) -> str:
    """The words for a choice that is not there, or not any more."""
    offered = ", ".join(
        choice.label if choice.label.casefold() == choice.key else f"{choice.label} ({choice.key})"
        for choice in choices
        if not choice.is_archived
    )
    return f"{', '.join(map(quoted, keys))} is not a valid choice: use {offered or 'none, as all are archived'}."


def _text(spell: Callable[[str], str]) -> Callable[[Any], str]:
    def cleaned(value: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("This must be a text.")
        if not is_storable(value):
            raise ValidationError("Contains invalid characters (NUL or unpaired surrogate).")
        return spell(value)

    return cleaned


def _lines(text: str) -> str:
    """A long text keeps its lines, and is nothing where only a word for nothing stands."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip() if normalise_text(text) else ""


def _whole_number(value: Any) -> int | None:
    if type(value) is int and SMALLEST <= value <= LARGEST:
        return value
    try:
        text = normalise_text(str(value))
        number = Decimal(text or 0)
        is_whole = SMALLEST <= number <= LARGEST and number == int(number)
    except (ArithmeticError, ValueError):
        is_whole = False
    if isinstance(value, bool) or not is_whole:
        raise ValidationError(f"{quoted(value)} is not a valid whole number: write one like 85.")
    return int(number) if text else None


def _decimal(value: Any) -> int | float | None:
    try:
        text = normalise_text(str(value))
        number = Decimal(text or 0)
        fits = _fits(number) and "_" not in text
    except (ArithmeticError, ValueError):
        fits = False
    if isinstance(value, bool) or not fits:
        raise ValidationError(
            f"{quoted(value)} is not a valid number: write one like 12.5, of at most {DIGITS} digits, "
            f"{DECIMALS} of them after the point."
        )
    if not text:
        return None
    return int(number) if number == int(number) else float(number)


def _fits(number: Decimal) -> bool:
    if not number.is_finite() or abs(number) >= 10**DIGITS:
        return False
    is_exact = number == number.quantize(Decimal(1).scaleb(-DECIMALS))
    return is_exact and len(number.normalize().as_tuple().digits) <= DIGITS


def _money(value: Any) -> dict[str, Any] | None:
    """An amount in cents with its currency: as an object, or as a text like “1200.50 EUR”."""
    if isinstance(value, str):
        text = normalise_text(value)
        if not text:
            return None
        match = _MONEY.fullmatch(text.upper())
        value = {"amount": match["amount"], "currency": match["before"] or match["after"]} if match else text
    if not isinstance(value, Mapping) or set(value) != {"amount", "currency"}:
        raise _not_money(value)
    amount, currency = value["amount"], value["currency"]
    if amount in ("", None) and currency in ("", None):
        return None
    if not isinstance(currency, str) or not _CURRENCY.fullmatch(currency.strip().upper()):
        raise ValidationError("Give the currency of the amount by its three letters, like 1200.50 EUR.")
    number = _decimal(amount)
    if number is None or Decimal(str(number)) != Decimal(str(number)).quantize(Decimal("0.01")):
        raise _not_money(amount)
    return {"amount": number, "currency": currency.strip().upper()}


def _not_money(value: Any) -> ValidationError:
    return ValidationError(f"{quoted(value)} is not a valid amount: write one like 1200.50 EUR.")


def _day(value: Any) -> str:
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return storable_day(value).isoformat()
    text = normalise_text(value) if isinstance(value, str) and is_storable(value) else str(type(value))
    if not text:
        return ""
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise ValidationError(f"{quoted(value)} is not a valid date: write one like 2026-03-31.")
    return storable_day(day).isoformat()


def _yes_no(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    text = normalise_text(value).casefold() if isinstance(value, str) and is_storable(value) else "?"
    if text in YES | NO:
        return text in YES
    if not text:
        return None
    raise ValidationError(f"{quoted(value)} is not a valid answer: write yes or no.")


def _choice(value: Any, choices: Sequence[Choice]) -> str:
    text = _one_line(value)
    if not text:
        return ""
    key = _key_of(text, choices)
    if not key:
        raise ValidationError(not_offered([text], choices))
    return key


def _several(value: Any, choices: Sequence[Choice]) -> list[str] | None:
    """The keys, sorted, so that the same choices are the same value."""
    texts = value if isinstance(value, list | tuple) else _parts(_one_line(value), choices)
    if len(texts) > MOST_CHOSEN:
        raise ValidationError(f"These are {len(texts)} choices: give at most {MOST_CHOSEN}.")
    named = [text for each in texts if (text := _one_line(each))]
    keys = {text: _key_of(text, choices) for text in named}
    if unknown := [text for text, key in keys.items() if not key]:
        raise ValidationError(not_offered(unknown[:3], choices))
    return sorted(set(keys.values())) or None


def _one_line(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**DIGITS:
        return str(value)
    return _text(normalise_text)(value)


def _parts(text: str, choices: Sequence[Choice]) -> list[str]:
    """“A; B” and “A, B” are two; a label may have a comma in it."""
    if not text or _key_of(text, choices):
        return [text]
    return re.split(r"\s*[;|\n]\s*" if re.search(r"[;|]", text) else r"\s*,\s*", text)


def _key_of(text: str, choices: Sequence[Choice]) -> str:
    """The choice of this key, or else of this label, or else that others call so: the one that is offered first."""
    spelled = text.casefold()
    offered = sorted(choices, key=lambda choice: choice.is_archived)
    for names in (lambda each: (each.key,), lambda each: (each.label,), lambda each: each.words):
        for choice in offered:
            if spelled in {name.casefold() for name in names(choice)}:
                return choice.key
    return ""


_CLEANERS: Mapping[FactType, Callable[[Any], Any]] = {
    FactType.TEXT: _text(normalise_text),
    FactType.LONG_TEXT: _text(_lines),
    FactType.NAME: _text(normalise_name),
    FactType.KEYWORD: _text(normalise_source),
    FactType.EMAIL: _text(normalise_email),
    FactType.PHONE: _text(normalise_text),
    FactType.COUNTRY: _text(normalise_country),
    FactType.CAMPAIGN: _text(normalise_text),
    FactType.NUMBER: _whole_number,
    FactType.DECIMAL: _decimal,
    FactType.MONEY: _money,
    FactType.DATE: _day,
    FactType.YES_NO: _yes_no,
}
