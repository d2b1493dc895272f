"""Leads from a file: known by the id of their system and by email, or else by their phone."""

import re
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from typing import Any

from django.core.exceptions import ValidationError

from handoff import workflow
from handoff.imports import attributes, consents
from handoff.imports.kind import Reading, Result, Row, named, refused
from handoff.imports.side_values import (
    read_campaign,
    read_country,
    read_email,
    read_fact,
    read_phone,
    read_score,
)
from handoff.workflow.backfill import lock_many
from leads.external_ids import normalise_id
from leads.facts import FactType, built_in_facts, fact
from leads.identity import NAMING, Incoming, Upsert, find_many
from leads.incoming import MOMENTS
from leads.models import Lead
from leads.names import without_placeholders

WHO = {
    "external_id": ("record_id", "id", "lead_id", "contact_id", "hs_object_id", "lead_external_id", "who_id"),
    "email": fact("email").aliases,
    "phone": fact("phone").aliases,
}
FIELDS = {
    **WHO,
    **{each.name: each.aliases for each in built_in_facts()},
    **consents.ALIASES,
    "currency": ("currency_iso_code", "currency_code"),
    "message": ("enquiry", "inquiry", "request", "what_they_asked", "nachricht", "mensaje"),
    "created_at": ("create_date", "created_date", "created_time", "hs_createdate", "first_contact_date", "created"),
    "updated_at": ("last_modified_date", "lastmodifieddate", "modified_time", "hs_lastmodifieddate"),
}
ALIASES = attributes.Aliases(FIELDS)
_NAMES = [each.name for each in built_in_facts() if each.type == FactType.NAME]
_PLAIN = [each.name for each in built_in_facts() if each.type != FactType.NAME]
_OF_META = {"phone": "p", "mobile_phone": "p", "campaign": "c"}
"""What Meta writes in front of a value: l:123 is a lead, c:123 a campaign, p:+49 a phone."""
_NATIONAL = 7  # last digits of a phone, which are the same with and without its country

Read = Callable[[str], tuple[Any, str]]
_SIDE_VALUES: Sequence[tuple[str, Read]] = (
    ("country", read_country),
    ("campaign", read_campaign),
    ("score", read_score),
    ("preferred_channel", partial(read_fact, "preferred_channel")),
    ("do_not_contact", partial(read_fact, "do_not_contact")),
)


_CLEANED = frozenset({"email", "phone", "mobile_phone", *(name for name, _ in _SIDE_VALUES)} - {"campaign"})


def write(rows: Sequence[Row], reading: Reading) -> list[Result]:
    return [_result(row, done) for row, done in zip(rows, upsert(rows, reading), strict=True)]


def upsert(rows: Sequence[Row], reading: Reading) -> list[Upsert | Exception]:
    """Bring the lead of each row up to date, or make it; a row that is refused spoils no other."""
    incoming: list[Incoming | ValidationError] = []
    for row in rows:
        try:
            incoming.append(_incoming(row, reading))
        except ValidationError as error:
            incoming.append(error)
    present = [entry for entry in incoming if isinstance(entry, Incoming)]
    done = iter(workflow.upsert_many(present, door=reading.door, repeats=reading.repeats))
    return [next(done) if isinstance(entry, Incoming) else entry for entry in incoming]


def _result(row: Row, done: Upsert | Exception) -> Result:
    return refused(row, done) if isinstance(done, Exception) else result(row, done)


def result(row: Row, done: Upsert) -> Result:
    """A buyer who asks again brings their lead up to date, even if no fact of it changed."""
    if done.remark:
        row.remark(done.remark)
    return Result(row, "updated" if done.intent and done.outcome == "unchanged" else done.outcome)


def find(rows: Sequence[Row], reading: Reading) -> list[Lead | Exception]:
    """The lead that each row is about, or the refusal of a row that is about none."""
    others = iter(find_many(_who(row, reading) for row in rows if row.number not in reading.held))
    leads = (reading.held.get(row.number) or next(others) for row in rows)
    return [_unknown(row, reading) if lead is None else lead for row, lead in zip(rows, leads, strict=True)]


def locked(lead_ids: Collection[int], reading: Reading) -> dict[int, Lead]:
    """Leads with their locks: those that are held as they were read then, and the others read now."""
    held = {lead.pk: lead for lead in reading.held.values() if lead.pk in lead_ids}
    others = [pk for pk in lead_ids if pk not in held]
    return dict(sorted((held | (lock_many(others) if others else {})).items()))


def keys(rows: Sequence[Row], reading: Reading) -> list[Collection[object]]:
    """By what rows may be about the same lead: its email, its id, its phone, and the lead itself if it is there."""
    incoming = [_who(row, reading) for row in rows]
    return [_keys(who, lead) for who, lead in zip(incoming, find_many(incoming, columns=NAMING), strict=True)]


def _keys(who: Incoming, lead: object) -> list[object]:
    keys: list[object] = []
    for system, value in who.external_ids:
        with suppress(ValidationError):
            keys.append(("id", normalise_id(system, value)))
    if who.fields["email"]:
        keys.append(("email", who.fields["email"]))
    if who.fields["phone"]:
        keys.append(("phone", "".join(filter(str.isdigit, who.fields["phone"]))[-_NATIONAL:]))
    if isinstance(lead, Lead):
        keys.append(("lead", lead.pk))
    return keys


def _who(row: Row, reading: Reading) -> Incoming:
    """Who a row is about. An email that cannot be read says nothing beside an id, and refuses a row without one."""
    ids, email = external_ids(row, reading), row.get("email")
    try:
        email, _ = read_email(email)
    except ValidationError:
        email = "" if ids else email
    phone = "" if ids or email else _phone(row)
    return Incoming({"email": email, "phone": phone, "country": _country(row) if phone else ""}, ids)


def _country(row: Row) -> str:
    with suppress(ValidationError):
        return read_country(row.get("country"))[0]
    return ""


def external_ids(row: Row, reading: Reading) -> list[tuple[str, str]]:
    return [(reading.system, _bare(row.get("external_id"), "l"))] if row.get("external_id") else []


def _incoming(row: Row, reading: Reading) -> Incoming:
    ids = external_ids(row, reading)
    fields = _texts(row, reading)
    fields |= attributes.values_of(row, reading)
    agreed = consents.statements_of(row, reading)
    has_content = any(map(_is_known, fields.values())) or bool(row.get("created_at") or agreed)
    for name in MOMENTS:
        if row.get(name):
            fields[name] = reading.side(row, name, partial(reading.moment, row, name))
    _read_identity(row, reading, fields, has_id=bool(ids))
    for name, read in _SIDE_VALUES:
        if fields.get(name):
            fields[name] = _side(row, reading, name, read, fields[name])
    is_reference = bool(ids) and not has_content
    return Incoming(
        fields,
        ids,
        system=reading.system,
        row=row.number,
        is_reference=is_reference,
        consents=agreed,
        by=reading.by,
        cleaned=_CLEANED,
    )


def _texts(row: Row, reading: Reading) -> dict[str, Any]:
    """The built-in facts that the row has as they are written there, and what the buyer wrote."""
    plain, names = _in_file(reading.fields)
    fields: dict[str, Any] = {name: _bare(row.get(name), _OF_META.get(name, "")) for name in plain}
    fields |= without_placeholders({name: row.name(name) for name in names})
    if not fields.get("phone") and fields.get("mobile_phone"):  # nobody looks for the second phone of one
        fields["phone"] = fields.pop("mobile_phone")
    if "message" in reading.fields:
        fields["message"] = row.prose("message")
    return fields


@lru_cache(maxsize=64)
def _in_file(fields: frozenset[str]) -> tuple[list[str], list[str]]:
    """Which facts a file has; those that are the names of people apart."""
    return [name for name in _PLAIN if name in fields], [name for name in _NAMES if name in fields]


def _is_known(value: Any) -> bool:
    return value not in ("", None)


def _read_identity(row: Row, reading: Reading, fields: dict[str, Any], *, has_id: bool) -> None:
    """Email and phone. They are side values as well, unless the row is known by nothing else."""
    for name, read in (("email", read_email), ("phone", read_phone), ("mobile_phone", read_phone)):
        if not fields.get(name):
            continue
        is_known_otherwise = fields.get("email") or (name == "mobile_phone" and fields.get("phone"))
        if has_id or (name != "email" and is_known_otherwise):
            fields[name] = _side(row, reading, name, read, fields[name])
        else:
            with named(name):
                fields[name] = _noted(row, reading, name, read(fields[name]))


def _side(row: Row, reading: Reading, name: str, read: Read, text: str) -> Any:
    return reading.side(row, name, lambda: _noted(row, reading, name, read(text)))


def _noted(row: Row, reading: Reading, name: str, value_and_doubt: tuple[Any, str]) -> Any:
    value, doubt = value_and_doubt
    reading.note(row, name, doubt)
    return value


def _phone(row: Row) -> str:
    return _bare(row.get("phone") or row.get("mobile_phone"), _OF_META["phone"])


def _bare(text: str, kind: str) -> str:
    return text[2:] if kind and text[:1] == kind and re.match(rf"{kind}:[+\d]", text) else text


def _unknown(row: Row, reading: Reading) -> ValidationError:
    named_by = f"{reading.system}:{row.get('external_id')}" if row.get("external_id") else ""
    called = named_by or row.get("email") or _phone(row)
    return ValidationError(f"There is no lead “{called}”: import the leads first, or correct what identifies it.")
