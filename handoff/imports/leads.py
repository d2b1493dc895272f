"""Leads from a file: known by the id of their system, by email, or by both."""

import re
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError

from handoff import workflow
from handoff.imports.kind import Kind, Reading, Result, Row, refused
from leads.identity import Incoming, Upsert, find_many
from leads.models import Lead

WHO = {
    "external_id": ("record_id", "id", "lead_id", "contact_id", "hs_object_id", "lead_external_id", "who_id"),
    "email": ("email_address", "e-mail", "work_email", "e-mail-adresse", "correo", "adresse e-mail"),
}
ALIASES = WHO | {
    "name": ("full_name", "hs_lead_name", "lead_name"),
    "first_name": ("vorname", "given_name", "prénom", "nombre"),
    "last_name": ("surname", "nachname", "family_name", "nom", "apellidos"),
    "company": ("company_name", "associated_company", "organization", "firma", "unternehmen"),
    "title": ("job_title", "position", "berufsbezeichnung"),
    "phone": ("phone_number", "mobile_phone", "mobile_phone_number", "telephone", "telefon", "telefonnummer"),
    "country": ("country/region", "country_code", "land", "país", "pays"),
    "source": ("lead_source", "original_source", "original_traffic_source", "hs_analytics_source", "origin"),
    "campaign": ("campaign_id", "campaign_name", "first_campaign"),
    "message": ("enquiry", "inquiry", "request", "what_they_asked", "nachricht", "mensaje"),
    "score": ("lead_score", "hubspot_score", "pardot_score"),
    "created_at": ("create_date", "created_date", "created_time", "hs_createdate", "first_contact_date", "created"),
}
_PLAIN = ("email", "company", "title", "country", "source", "score")


def write(rows: Sequence[Row], reading: Reading) -> list[Result]:
    incoming: list[Incoming | ValidationError] = []
    for row in rows:
        try:
            incoming.append(_incoming(row, reading))
        except ValidationError as error:
            incoming.append(error)
    done = iter(workflow.upsert_many((one for one in incoming if isinstance(one, Incoming)), door=reading.door))
    results = [next(done) if isinstance(one, Incoming) else one for one in incoming]
    return [
        _result(row, one) if isinstance(one, Upsert) else refused(row, one)
        for row, one in zip(rows, results, strict=True)
    ]


def _result(row: Row, done: Upsert) -> Result:
    """A buyer who asks again brings their lead up to date, even if no fact of it changed."""
    return Result(row, "updated" if done.intent and done.outcome == "unchanged" else done.outcome)


def find(rows: Sequence[Row], reading: Reading) -> list[Lead | Exception]:
    """The lead that each row is about, or the refusal of a row that is about none."""
    found = find_many(Incoming({"email": row.get("email")}, external_ids(row, reading)) for row in rows)
    return [_unknown(row, reading) if lead is None else lead for row, lead in zip(rows, found, strict=True)]


def external_ids(row: Row, reading: Reading) -> list[tuple[str, str]]:
    return [(reading.system, _bare(row.get("external_id"), "l"))] if row.get("external_id") else []


def _incoming(row: Row, reading: Reading) -> Incoming:
    fields: dict[str, Any] = {name: row.get(name) for name in _PLAIN}
    fields["name"] = row.get("name") or f"{row.get('first_name')} {row.get('last_name')}".strip()
    fields["message"] = row.prose("message")
    fields["phone"] = _bare(row.get("phone"), "p")
    fields["campaign"] = _bare(row.get("campaign"), "c")
    fields["created_at"] = reading.moment(row, "created_at")
    return Incoming(fields, external_ids(row, reading), system=reading.system)


def _bare(text: str, kind: str) -> str:
    """Meta writes what an id is in front of it: l:123 is a lead, c:123 a campaign, p:+49 a phone."""
    return text[2:] if re.match(rf"{kind}:[+\d]", text) else text


def _unknown(row: Row, reading: Reading) -> ValidationError:
    called = f"{reading.system}:{row.get('external_id')}" if row.get("external_id") else row.get("email")
    return ValidationError(f"There is no lead “{called}”: import the leads first, or correct what identifies it.")


KIND = Kind(ALIASES, ("external_id", "email"), frozenset({"created_at"}), write)
