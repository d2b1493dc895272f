"""One card for each plain fact of a lead: its label, its cleaner, who may correct it, and what files call it.

Every door asks `facts()` or `fact(name)`, never the columns: so a fact that is added here is added everywhere.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.core.exceptions import ValidationError

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


class FactType(StrEnum):
    """What values a fact has; its type alone decides how they are cleaned, compared and shown."""

    TEXT = "text"
    NAME = "name"  # of a person: “Null” is one
    KEYWORD = "keyword"  # a text of which upper and lower case are one
    EMAIL = "email"
    PHONE = "phone"
    COUNTRY = "country"
    CAMPAIGN = "campaign"  # another record, by its name
    NUMBER = "number"


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A plain fact: whoever captures or corrects the lead states it. State, owner and team are moved by verbs."""

    name: str
    label: str
    type: FactType = FactType.TEXT
    longest: int = 200
    """Characters that a text may have as it is given."""
    aliases: tuple[str, ...] = ()
    """What the headers of files call it, besides its name."""
    help: str = ""
    is_contact: bool = False
    """How the buyer is reached: whoever works the lead may correct it, and a rejection may call it wrong."""
    in_messages: bool = False

    @property
    def is_number(self) -> bool:
        return self.type == FactType.NUMBER

    @property
    def empty(self) -> Any:
        """What a lead has where nothing is known."""
        return None if self.type in (FactType.NUMBER, FactType.CAMPAIGN) else ""

    def clean(self, value: Any) -> Any:
        """The value as it is kept, `empty` for a blank one; ValidationError says what is wrong with it."""
        if value is None:
            return self.empty
        cleaned = _CLEANERS[self.type](value)
        if isinstance(cleaned, str) and len(cleaned) > self.longest:
            raise ValidationError(f"This may have at most {self.longest} characters (it has {len(cleaned)}).")
        return self.empty if cleaned in ("", None) else cleaned

    def shown(self, value: Any) -> str:
        """The value as people read it; empty where nothing is known."""
        if value in ("", None):
            return ""
        text = str(value)
        return text.replace("_", " ").capitalize() if self.type == FactType.KEYWORD else text


def facts() -> tuple[Fact, ...]:
    """All plain facts of a lead, in the order in which they are shown."""
    return _FACTS


def fact(name: str) -> Fact:
    """The fact of this name; KeyError for any other."""
    return _BY_NAME[name]


def contact_facts() -> tuple[Fact, ...]:
    """The facts by which the buyer is reached. Score, source and campaign carry attribution: they are marketing's."""
    return tuple(each for each in facts() if each.is_contact)


def value_of(record: Any, wanted: Fact) -> Any:
    """The value of a fact of a lead. Nothing else reads one by the name of its fact."""
    value = getattr(record, wanted.name)
    if wanted.type == FactType.CAMPAIGN:
        return value.name if value else ""
    return value


def _text(spell: Callable[[str], str]) -> Callable[[Any], str]:
    def cleaned(value: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("This must be a text.")
        if not is_storable(value):
            raise ValidationError("Contains invalid characters (NUL or unpaired surrogate).")
        return spell(value)

    return cleaned


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


_CLEANERS: Mapping[FactType, Callable[[Any], Any]] = {
    FactType.TEXT: _text(normalise_text),
    FactType.NAME: _text(normalise_name),
    FactType.KEYWORD: _text(normalise_source),
    FactType.EMAIL: _text(normalise_email),
    FactType.PHONE: _text(normalise_text),
    FactType.COUNTRY: _text(normalise_country),
    FactType.CAMPAIGN: _text(normalise_text),
    FactType.NUMBER: _whole_number,
}

_FACTS = (
    Fact(
        name="name",
        label="Name",
        type=FactType.NAME,
        aliases=("full_name", "hs_lead_name", "lead_name"),
        is_contact=True,
    ),
    Fact(
        name="email",
        label="Email",
        type=FactType.EMAIL,
        longest=254,
        aliases=("email_address", "e-mail", "work_email", "e-mail-adresse", "correo", "adresse e-mail"),
        is_contact=True,
    ),
    Fact(
        name="company",
        label="Company",
        aliases=("company_name", "associated_company", "organization", "firma", "unternehmen"),
        is_contact=True,
        in_messages=True,
    ),
    Fact(
        name="title",
        label="Title",
        aliases=("job_title", "position", "berufsbezeichnung"),
        is_contact=True,
    ),
    Fact(
        name="phone",
        label="Phone",
        type=FactType.PHONE,
        longest=40,
        aliases=("phone_number", "mobile_phone", "mobile_phone_number", "telephone", "telefon", "telefonnummer"),
        is_contact=True,
    ),
    Fact(
        name="country",
        label="Country",
        type=FactType.COUNTRY,
        longest=80,
        aliases=("country/region", "country_code", "land", "país", "pays"),
        help="A name or an ISO 3166 code; kept as the code.",
        is_contact=True,
    ),
    Fact(
        name="source",
        label="Source",
        type=FactType.KEYWORD,
        longest=80,
        aliases=("lead_source", "original_source", "original_traffic_source", "hs_analytics_source", "origin"),
        in_messages=True,
    ),
    Fact(
        name="campaign",
        label="Campaign",
        type=FactType.CAMPAIGN,
        aliases=("campaign_id", "campaign_name", "first_campaign"),
        help="Its name.",
        in_messages=True,
    ),
    Fact(
        name="score",
        label="Score",
        type=FactType.NUMBER,
        aliases=("lead_score", "hubspot_score", "pardot_score"),
        in_messages=True,
    ),
)
_BY_NAME = {each.name: each for each in _FACTS}
