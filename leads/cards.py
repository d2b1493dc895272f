"""A card for each fact that every lead has, and the shape of all cards: those of attributes have it too."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from leads import values
from leads.values import Choice, FactType

ATTRIBUTES = "attributes"
"""The column of all attributes. An attribute `budget` is the fact `attributes.budget`: no release can take its name."""


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
    choices: tuple[Choice, ...] = ()
    is_contact: bool = False
    """How the buyer is reached: whoever works the lead may correct it, and a rejection may call it wrong."""
    in_messages: bool = False
    in_packet: bool = True
    is_archived: bool = False
    """Kept where it is known, and nowhere asked for."""
    seen_by: frozenset[str] = frozenset()
    """Roles; empty for everyone."""
    edited_by: frozenset[str] = frozenset()
    """Roles that may edit an attribute, of those who see it."""

    @property
    def key(self) -> str:
        """Of an attribute, its key; empty for a fact that every lead has."""
        return self.name.partition(".")[2]

    @property
    def is_number(self) -> bool:
        return self.type in (FactType.NUMBER, FactType.DECIMAL)

    @property
    def is_ordered(self) -> bool:
        return self.type in values.ORDERED

    @property
    def empty(self) -> Any:
        """What a lead has where nothing is known."""
        if self.key or self.type in (FactType.NUMBER, FactType.CAMPAIGN):
            return None
        return False if self.type == FactType.YES_NO else ""

    def clean(self, value: Any) -> Any:
        """The value as it is kept, `empty` for a blank one; ValidationError says what is wrong with it."""
        if value is None:
            return self.empty
        try:
            cleaned = values.clean(self.type, value, self.choices)
        except ValidationError as error:
            if self.key:  # the names of attributes are not those that people read
                raise ValidationError([f"{self.label}: {message}" for message in error.messages]) from error
            raise
        if isinstance(cleaned, str) and len(cleaned) > self.longest:
            raise ValidationError(f"This may have at most {self.longest} characters (it has {len(cleaned)}).")
        return self.empty if cleaned in ("", None) else cleaned

    def complaint(self, value: Any, before: Any) -> str:
        """Why a cleaned value may not replace another one; empty where it may. What is archived only stays."""
        if value == before or value == self.empty:
            return ""
        if self.is_archived:
            return f"“{self.label}” is archived: leave it out."
        if not self.choices:
            return ""
        kept = set(before) if isinstance(before, list) else {before}
        archived = values.archived_among(value, self.choices) - kept
        return f"{self.label}: {values.not_offered(sorted(archived), self.choices)}" if archived else ""

    def shown(self, value: Any) -> str:
        """The value as people read it; empty where nothing is known."""
        if value in ("", None) or (not self.key and value is False):
            return ""
        return values.shown(self.type, value, self.choices)

    def as_text(self, value: Any) -> str:
        """The value in the cell of a file."""
        return "" if value in ("", None) else values.as_text(self.type, value)

    def is_seen_by(self, roles: Collection[str]) -> bool:
        return not self.seen_by or not self.seen_by.isdisjoint(roles)

    def is_edited_by(self, roles: Collection[str]) -> bool:
        return self.is_seen_by(roles) and not self.edited_by.isdisjoint(roles)


CHANNELS = (
    Choice("call", "Call", words=("phone", "telephone", "telefon", "phone call", "mobile", "anruf", "téléphone")),
    Choice("email", "Email", words=("e-mail", "mail", "correo", "courriel")),
    Choice("message", "Message", words=("sms", "text", "whatsapp", "chat", "text message")),
    Choice("meeting", "Meeting", words=("visit", "in person", "video call")),
    Choice("social", "Social network", words=("linkedin", "xing", "social")),
    Choice("other", "Other"),
)

BUILT_IN = (
    Fact(
        name="name",
        label="Name",
        type=FactType.NAME,
        aliases=("full_name", "hs_lead_name", "lead_name"),
        is_contact=True,
    ),
    Fact(
        name="first_name",
        label="First name",
        type=FactType.NAME,
        aliases=("vorname", "given_name", "prénom", "nombre"),
        help="Where it is known apart.",
        is_contact=True,
    ),
    Fact(
        name="last_name",
        label="Last name",
        type=FactType.NAME,
        aliases=("surname", "nachname", "family_name", "nom", "apellidos"),
        is_contact=True,
    ),
    Fact(
        name="email",
        label="Email",
        type=FactType.EMAIL,
        longest=254,
        aliases=("email_address", "e-mail", "work_email", "e-mail-adresse", "correo", "adresse e-mail"),
        is_contact=True,
        in_messages=True,
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
        aliases=("phone_number", "telephone", "telefon", "telefonnummer"),
        is_contact=True,
        in_messages=True,
    ),
    Fact(
        name="mobile_phone",
        label="Mobile phone",
        type=FactType.PHONE,
        longest=40,
        aliases=("mobile", "mobile_phone_number", "cell_phone"),
        is_contact=True,
        in_messages=True,
    ),
    Fact(
        name="preferred_channel",
        label="Preferred channel",
        type=FactType.CHOICE,
        longest=8,
        aliases=("preferred_contact_method", "preferred_method_of_contact", "contact_preference"),
        choices=CHANNELS,
        help="How the buyer wants to be contacted.",
        is_contact=True,
        in_messages=True,
    ),
    Fact(
        name="do_not_contact",
        label="Do not contact",
        type=FactType.YES_NO,
        aliases=("do_not_contact_me", "blocked"),
        help="No one may call or write to this buyer.",
        is_contact=True,
    ),
    Fact(
        name="do_not_contact_reason",
        label="Why not to contact",
        aliases=("reason_not_to_contact", "blocked_because"),
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
