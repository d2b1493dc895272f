"""What another system says of a lead, cleaned field by field or refused in words that say what to do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from leads.models import Campaign, ExternalId, Lead, Touchpoint
from leads.normalise import normalise_country, normalise_email, normalise_source, normalise_system, normalise_text

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
FIRST_YEAR = 1970
LONGEST_MESSAGE = 10_000
CLOCK_SKEW = timedelta(minutes=5)  # between the other system and us

ExternalKey = tuple[str, str]


@dataclass(frozen=True)
class Incoming:
    """A lead as another system tells of it. `at` is when it was captured, unless its field `created_at` says so.

    `system` is the one whose ids the campaigns are known by.
    """

    fields: Mapping[str, Any]
    external_ids: Sequence[ExternalKey] = ()
    at: datetime | None = None
    system: str = ""


@dataclass(frozen=True)
class Person:
    """The same, cleaned: only what is known, under the names of the model."""

    fields: Mapping[str, Any]
    email: str
    external_ids: tuple[ExternalKey, ...]
    campaign: Campaign | str
    captured_at: datetime | None
    system: str
    message: str = ""


def clean(row: Incoming) -> Person:
    """Clean every field, or raise a ValidationError that says of each what is wrong with it."""
    fields: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for name, value in row.fields.items():
        try:
            fields[name] = _clean_field(name, value)
        except ValidationError as error:
            errors[name] = error.messages
    try:
        external_ids = tuple(dict.fromkeys(_clean_id(key) for key in row.external_ids if normalise_text(str(key[1]))))
    except ValidationError as error:
        errors["external_ids"] = error.messages
    else:
        if not external_ids and not fields.get("email") and "email" not in errors:
            errors["email"] = ["Give an email or an external id: a lead must be known by one of them."]
    if errors:
        raise ValidationError(errors)
    known = {name: value for name, value in fields.items() if value not in ("", None)}
    return Person(
        email=known.get("email", ""),
        external_ids=external_ids,
        campaign=known.pop("campaign", ""),
        message=known.pop("message", ""),
        captured_at=known.pop("created_at", row.at),
        system=normalise_system(row.system),
        fields=known,
    )


def _clean_field(name: str, value: Any) -> Any:
    if name not in _CLEANERS:
        raise ValidationError(_complaint_about_name(name))
    if isinstance(value, str):
        _refuse_unstorable(value)
    if value is None:
        return None
    cleaned = _CLEANERS[name](value)
    if isinstance(cleaned, str | int):
        _limits(name).run_validators(cleaned)
    return cleaned


def _clean_id(key: ExternalKey) -> ExternalKey:
    for part in key:
        _refuse_unstorable(part)
    system, value = normalise_system(key[0]), normalise_text(key[1])
    if not system:
        raise ValidationError(f"Name the system that knows the lead as “{value}”.")
    ExternalId._meta.get_field("system").run_validators(system)
    ExternalId._meta.get_field("value").run_validators(value)
    return system, value


def _refuse_unstorable(text: str) -> None:
    """Refuse what PostgreSQL keeps in no text."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValidationError("This has characters that are no text (NUL or half a surrogate pair): remove them.")


def _complaint_about_name(name: str) -> str:
    if name in ("state", "owner", "team"):
        return f"The {name} of a lead is moved by the verbs, like promote and assign; leave it out."
    return f"This is no field of a lead; use one of {', '.join(_CLEANERS)}."


def _limits(name: str) -> Any:
    if name == "message":
        return Touchpoint._meta.get_field("detail")
    return Campaign._meta.get_field("name") if name == "campaign" else Lead._meta.get_field(name)


def _text(normalise: Callable[[str], str]) -> Callable[[Any], str]:
    def cleaned(value: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("This must be a text.")
        return normalise(value)

    return cleaned


def _campaign(value: Any) -> Campaign | str:
    return value if isinstance(value, Campaign) else _text(normalise_text)(value)


def _message(value: Any) -> str:
    """What the buyer wrote, with its lines."""
    if not isinstance(value, str):
        raise ValidationError("This must be a text.")
    if len(value) > LONGEST_MESSAGE:
        raise ValidationError(f"A message has at most {LONGEST_MESSAGE} characters.")
    return value.strip() if normalise_text(value) else ""


def _whole_number(value: Any) -> int | None:
    text = normalise_text(str(value))
    if not text:
        return None
    try:
        number = Decimal(text)
        is_whole = number == number.to_integral_value()
    except InvalidOperation:
        is_whole = False
    if isinstance(value, bool) or not is_whole or abs(number) > 2**31:
        raise ValidationError(f"“{text}” is no whole number: write one like 85.")
    return int(number)


def _moment(value: Any) -> datetime | None:
    moment = value if isinstance(value, datetime) else _read_moment(normalise_text(str(value)))
    if moment is None:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if moment.year < FIRST_YEAR:
        raise ValidationError(f"{moment.isoformat()} lies before {FIRST_YEAR}: is the year right?")
    if moment > timezone.now() + CLOCK_SKEW:
        raise ValidationError(f"{moment.isoformat()} lies in the future: a lead is captured at the latest now.")
    if moment < EARLIEST:
        raise ValidationError(f"{moment.isoformat()} lies before {EARLIEST:%Y}: nobody captured leads then.")
    return moment


def _read_moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        day = parse_date(text)
        moment = datetime(day.year, day.month, day.day, tzinfo=UTC) if day else parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise ValidationError(f"“{text}” is no moment: write one like 2026-03-02T09:00:00Z.")
    return moment


_CLEANERS: dict[str, Callable[[Any], Any]] = {
    "email": _text(normalise_email),
    "name": _text(normalise_text),
    "company": _text(normalise_text),
    "title": _text(normalise_text),
    "phone": _text(normalise_text),
    "country": _text(normalise_country),
    "source": _text(normalise_source),
    "campaign": _campaign,
    "score": _whole_number,
    "created_at": _moment,
    "message": _message,
}
