"""What another system says of a lead, cleaned field by field or refused in words that say what to do."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from leads.external_ids import former_spellings, normalise_id
from leads.facts import fact, facts
from leads.models import Campaign, ConsentStatement, ExternalId
from leads.moments import EARLIEST, storable
from leads.names import without_placeholders
from leads.normalise import is_storable, normalise_system, normalise_text, quoted
from leads.phones import SYSTEM as PHONE
from leads.phones import phone_key
from leads.precedence import Statement

LONGEST_MESSAGE = 10_000
LONGEST_SYSTEM = 40
ATTRIBUTION = ("source", "campaign")
"""Facts that follow from the captures of a lead, and not from whoever stated them last."""
MOMENTS = {"created_at": "the capture time cannot be", "updated_at": "the time of the last change cannot be"}
CLOCK_SKEW = timedelta(minutes=5)  # between the other system and us

ExternalKey = tuple[str, str]
_Ids = dict[ExternalKey, set[ExternalKey]]
"""The ids of a lead as they are kept, each with the spellings under which releases before may have kept it."""


@dataclass(frozen=True)
class Incoming:
    """A lead as another system sends it. `at` is when it was captured, unless its field `created_at` says so.

    `system` is the one that says so, and whose ids the campaigns are known by; where it is empty, the system of the
    first external id says so, else `door`. `row` is where it stands in a file; rows of one file that contradict each
    other are settled by it. One that is a mere reference finds its lead, and never makes one. `erased` names the facts
    that are stated to be empty: a blank alone erases nothing.
    """

    fields: Mapping[str, Any]
    external_ids: Sequence[ExternalKey] = ()
    at: datetime | None = None
    system: str = ""
    row: int = 0
    is_reference: bool = False
    consents: tuple[ConsentStatement, ...] = ()
    erased: Collection[str] = ()
    by: int | None = None
    door: str = ""
    cleaned: Collection[str] = ()
    """Facts that their cards have cleaned already: to read a file means to try that."""


@dataclass(frozen=True)
class Person:
    """The same, cleaned: only what is known, under the names of the model.

    By `former_ids` it may be stored since releases before; no lead is given one of them any more.
    """

    fields: Mapping[str, Any]
    email: str
    external_ids: tuple[ExternalKey, ...]
    campaign: Campaign | str
    captured_at: datetime | None
    system: str
    message: str = ""
    former_ids: frozenset[ExternalKey] = frozenset()
    row: int = 0
    is_reference: bool = False
    consents: tuple[ConsentStatement, ...] = ()
    updated_at: datetime | None = None
    erased: frozenset[str] = frozenset()
    by: int | None = None
    stated_by: str = ""
    """The system or the door that says so."""

    @property
    def has_attributes(self) -> bool:
        return any("." in name for name in self.fields)

    def statement(self, received_at: datetime) -> Statement:
        """Who states its facts, and since when they are so."""
        at = self.updated_at or self.captured_at
        restates = self.row > 0 and self.updated_at is None
        return Statement(self.stated_by, at or received_at, self.by, is_dated=at is not None, restates=restates)


def clean(row: Incoming) -> Person:
    """Clean every field, or raise a ValidationError that says of each what is wrong with it."""
    errors: dict[str, list[str]] = {}
    external_ids: _Ids = {}
    fields = _clean_fields(row.fields, row.cleaned, errors)
    try:
        external_ids = _clean_ids(row.external_ids)
    except ValidationError as error:
        errors["external_ids"] = error.messages
    system = normalise_system(row.system)
    if len(system) > LONGEST_SYSTEM:
        errors["system"] = [f"This may have at most {LONGEST_SYSTEM} characters (it has {len(system)})."]
    if not external_ids and not fields.get("email") and errors.keys().isdisjoint(("email", "external_ids", "phone")):
        external_ids = _identified_by_phone(fields, errors)
    try:
        _check_consents(row.consents)
    except ValidationError as error:
        errors["consents"] = error.messages
    if errors:
        raise ValidationError(errors)
    present = {name: value for name, value in fields.items() if not _is_blank(name, value)}
    present = without_placeholders(present)
    return Person(
        email=present.get("email", ""),
        external_ids=tuple(external_ids),
        former_ids=frozenset(key for former in external_ids.values() for key in former),
        campaign=present.pop("campaign", ""),
        message=present.pop("message", ""),
        captured_at=present.pop("created_at", row.at),
        updated_at=present.pop("updated_at", None),
        system=system,
        row=row.row,
        is_reference=row.is_reference,
        consents=row.consents,
        erased=_erased(row.erased, has_ids=bool(external_ids)),
        by=row.by,
        stated_by=system or next((name for name, _ in external_ids if name != PHONE), row.door),
        fields=present,
    )


def _is_blank(name: str, value: Any) -> bool:
    """It says nothing. That a buyer may be contacted is no news either: only a person lifts what another one said."""
    return value in ("", None) or (name == "do_not_contact" and not value)


def _check_consents(statements: Sequence[ConsentStatement]) -> None:
    for statement in statements:
        statement.check()


def _erased(names: Collection[str], *, has_ids: bool) -> frozenset[str]:
    """An email is erased only where an id identifies the lead; the attribution follows from the captures."""
    if not names:
        return frozenset()
    lasting = {*ATTRIBUTION, "do_not_contact", *(() if has_ids else ("email",))}
    return frozenset(each.name for each in facts() if each.name in names) - lasting


def _clean_fields(fields: Mapping[str, Any], done: Collection[str], errors: dict[str, list[str]]) -> dict[str, Any]:
    cleaned: dict[str, Any] = {}
    for name, value in fields.items():
        if name in done:
            cleaned[name] = value
            continue
        try:
            cleaned[name] = _clean_field(name, value)
        except ValidationError as error:
            errors[name] = error.messages
    return cleaned


def _identified_by_phone(fields: Mapping[str, Any], errors: dict[str, list[str]]) -> _Ids:
    """A phone is shared by families and offices: it says who somebody is only where nothing else does.

    It is kept as an external id, which the database keeps single however many doors bring the person in at once.
    """
    if not (phone := fields.get("phone") or fields.get("mobile_phone")):
        errors["email"] = ["Give an email or an external id, or at least a phone: by them a lead is known."]
        return {}
    try:
        return {(PHONE, phone_key(phone, fields.get("country") or "")): set()}
    except ValidationError as error:
        errors["phone"] = error.messages
        return {}


def _clean_field(name: str, value: Any) -> Any:
    if name in MOMENTS:
        return _moment(value, MOMENTS[name])
    if name == "message":
        return _message(value)
    if name == "campaign" and isinstance(value, Campaign):
        return value
    if type(value) is str and "." not in name:
        return _clean_built_in(name, value)
    return _clean_fact(name, value)


@lru_cache(maxsize=4096)  # the same companies, countries and sources come in row after row
def _clean_built_in(name: str, text: str) -> Any:
    return _clean_fact(name, text)


def _clean_fact(name: str, value: Any) -> Any:
    try:
        wanted = fact(name)
    except KeyError:
        raise ValidationError(_complaint_about_name(name)) from None
    return wanted.clean(value)


def _clean_ids(keys: Sequence[ExternalKey]) -> _Ids:
    cleaned = (_clean_id(key) for key in keys if normalise_text(str(key[1])))
    return {key: former for key, former in cleaned if key[1]}


def _clean_id(key: ExternalKey) -> tuple[ExternalKey, set[ExternalKey]]:
    if not all(map(is_storable, key)):
        raise ValidationError("Contains invalid characters (NUL or unpaired surrogate).")
    if not (system := _system_of_ids(key[0])):
        raise ValidationError(f"Name the system that knows the lead as “{normalise_text(key[1])}”.")
    value = normalise_id(system, key[1])
    ExternalId._meta.get_field("value").run_validators(value)
    return (system, value), {(system, spelled) for spelled in former_spellings(system, key[1], value)}


@lru_cache(maxsize=256)  # that of a file, for each of its rows
def _system_of_ids(text: str) -> str:
    system = normalise_system(text)
    ExternalId._meta.get_field("system").run_validators(system)
    return system


def _complaint_about_name(name: str) -> str:
    if name in ("state", "owner", "team"):
        return f"The {name} of a lead is moved by the verbs, like promote and assign; leave it out."
    present = ", ".join((*(each.name for each in facts()), *MOMENTS, "message"))
    return f"{quoted(name)} is not a field of a lead; use one of {present}."


def _message(value: Any) -> str:
    """What the buyer wrote, with its lines."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValidationError("This must be a text.")
    if not is_storable(value):
        raise ValidationError("Contains invalid characters (NUL or unpaired surrogate).")
    if len(value) > LONGEST_MESSAGE:
        raise ValidationError(f"This may have at most {LONGEST_MESSAGE} characters (it has {len(value)}).")
    return value.strip() if normalise_text(value) else ""


def _moment(value: Any, complaint: str) -> datetime | None:
    moment = value if isinstance(value, datetime) else _read_moment(value)
    if moment is None:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if moment < EARLIEST:
        raise ValidationError(f"{moment.isoformat()} is before {EARLIEST.year}: check the year.")
    if moment > timezone.now() + CLOCK_SKEW:
        raise ValidationError(f"{moment.isoformat()} is in the future: {complaint}.")
    return storable(moment)


def _read_moment(value: Any) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValidationError("This must be a text.")
    if not (text := normalise_text(value)):
        return None
    try:
        day = parse_date(text)
        moment = datetime(day.year, day.month, day.day, tzinfo=UTC) if day else parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise ValidationError(f"{quoted(text)} is not a valid time: write one like 2026-03-02T09:00:00Z.")
    return moment
