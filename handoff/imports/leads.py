"""Leads from a file: known by the id of their system, by email, or by both."""

import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any

from django.core.exceptions import ValidationError

from handoff import workflow
from handoff.imports.kind import Kind, Reading, Result, Row, refused
from leads.facts import FactType, fact, facts
from leads.identity import Incoming, Upsert, find_many
from leads.models import Lead
from leads.normalise import normalise_email

WHO = {
    "external_id": ("record_id", "id", "lead_id", "contact_id", "hs_object_id", "lead_external_id", "who_id"),
    "email": fact("email").aliases,
}
ALIASES = {
    **WHO,
    **{each.name: each.aliases for each in facts()},
    "first_name": ("vorname", "given_name", "prénom", "nombre"),
    "last_name": ("surname", "nachname", "family_name", "nom", "apellidos"),
    "message": ("enquiry", "inquiry", "request", "what_they_asked", "nachricht", "mensaje"),
    "created_at": ("create_date", "created_date", "created_time", "hs_createdate", "first_contact_date", "created"),
}
_OF_META = {FactType.PHONE: "p", FactType.CAMPAIGN: "c"}
"""What Meta writes in front of a value: l:123 is a lead, c:123 a campaign, p:+49 a phone."""


def write(rows: Sequence[Row], reading: Reading) -> list[Result]:
    incoming: list[Incoming | ValidationError] = []
    for row in rows:
        try:
            incoming.append(_incoming(row, reading))
        except ValidationError as error:
            incoming.append(error)
    done = iter(workflow.upsert_many((entry for entry in incoming if isinstance(entry, Incoming)), door=reading.door))
    results = [next(done) if isinstance(entry, Incoming) else entry for entry in incoming]
    return [
        _result(row, entry) if isinstance(entry, Upsert) else refused(row, entry)
        for row, entry in zip(rows, results, strict=True)
    ]


def _result(row: Row, done: Upsert) -> Result:
    """A buyer who asks again brings their lead up to date, even if no fact of it changed."""
    return Result(row, "updated" if done.intent and done.outcome == "unchanged" else done.outcome)


def find(rows: Sequence[Row], reading: Reading) -> list[Lead | Exception]:
    """The lead that each row is about, or the refusal of a row that is about none."""
    leads = find_many(Incoming({"email": row.get("email")}, external_ids(row, reading)) for row in rows)
    return [_unknown(row, reading) if lead is None else lead for row, lead in zip(rows, leads, strict=True)]


def keys(rows: Sequence[Row], reading: Reading) -> list[Collection[object]]:
    """By what rows may be about the same lead: its email, its id, and the lead itself if it is there already."""
    incoming = [Incoming({"email": row.get("email")}, external_ids(row, reading)) for row in rows]
    return [_keys(row, who, lead) for row, who, lead in zip(rows, incoming, find_many(incoming), strict=True)]


def _keys(row: Row, who: Incoming, lead: object) -> list[object]:
    keys: list[object] = [("id", value) for _, value in who.external_ids]
    if address := _address(row):
        keys.append(("email", address))
    if isinstance(lead, Lead):
        keys.append(("lead", lead.pk))
    return keys


def _address(row: Row) -> str:
    with suppress(ValidationError):
        return normalise_email(row.get("email"))
    return ""


def external_ids(row: Row, reading: Reading) -> list[tuple[str, str]]:
    return [(reading.system, _bare(row.get("external_id"), "l"))] if row.get("external_id") else []


def _incoming(row: Row, reading: Reading) -> Incoming:
    fields: dict[str, Any] = {each.name: _bare(row.get(each.name), _OF_META.get(each.type, "")) for each in facts()}
    fields["name"] = fields["name"] or f"{row.get('first_name')} {row.get('last_name')}".strip()
    fields["message"] = row.prose("message")
    fields["created_at"] = reading.moment(row, "created_at")
    return Incoming(fields, external_ids(row, reading), system=reading.system)


def _bare(text: str, kind: str) -> str:
    return text[2:] if kind and re.match(rf"{kind}:[+\d]", text) else text


def _unknown(row: Row, reading: Reading) -> ValidationError:
    called = f"{reading.system}:{row.get('external_id')}" if row.get("external_id") else row.get("email")
    return ValidationError(f"There is no lead “{called}”: import the leads first, or correct what identifies it.")


KIND = Kind(ALIASES, ("external_id", "email"), frozenset({"created_at"}), write, keys)
