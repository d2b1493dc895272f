"""Correct the plain facts of a lead that is known already. State and owner are the verbs' affair."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from leads.facts import columns, fact, keep, kept
from leads.identity import IdentityConflict
from leads.incoming import Incoming, Person, clean
from leads.models import Campaign, Lead
from leads.names import with_whole


def correct(lead_id: int, fields: Mapping[str, Any]) -> Lead:
    """Set what is given, cleaned as everywhere; unlike an upsert, a blank erases.

    Raises ValidationError (field -> messages), and IdentityConflict for an email that another lead has.
    """
    if "created_at" in fields:
        raise ValidationError({"created_at": ["When a lead was captured is not corrected."]})
    if "message" in fields:
        raise ValidationError({"message": ["What a buyer wrote is not corrected."]})
    with refusing_taken_email(fields.get("email", "")), transaction.atomic():
        return _correct(lead_id, fields)


@contextmanager
def refusing_taken_email(email: str) -> Iterator[None]:
    """Say in words that another lead has the email, which the database noticed."""
    try:
        yield
    except IntegrityError as error:
        if "lead_email_once" not in str(error):
            raise
        raise IdentityConflict(email_taken(email)) from error


def email_taken(email: str) -> str:
    return f"Another lead has the email {email}: merge the two if they are one and the same."


def _correct(lead_id: int, fields: Mapping[str, Any]) -> Lead:
    lead = Lead.objects.select_for_update(no_key=True).get(pk=lead_id)
    # Its own ids are not cleaned again: one that an earlier release kept, damaged as it was, would refuse every change.
    known_by = [("handoff", str(lead.pk))] if lead.external_ids.exists() else []
    person = clean(Incoming({"email": lead.email, **fields}, known_by))
    wanted = with_whole({name: _wanted(name, person) for name in fields}, lead)
    changes = {name: value for name, value in wanted.items() if kept(lead, name) != value}
    _refuse_archived(lead, changes)
    for name, value in changes.items():
        keep(lead, name, value)
    if changes:
        lead.save(update_fields=[*columns(changes), "updated_at"])
    return lead


def _refuse_archived(lead: Lead, changes: Mapping[str, Any]) -> None:
    complaints = {name: fact(name).complaint(value, kept(lead, name)) for name, value in changes.items() if "." in name}
    if errors := {name: [complaint] for name, complaint in complaints.items() if complaint}:
        raise ValidationError(errors)


def _wanted(name: str, person: Person) -> Any:
    if name == "campaign":
        return _campaign(person.campaign)
    return person.fields.get(name, fact(name).empty)


def _campaign(name: Campaign | str) -> Campaign | None:
    if isinstance(name, Campaign) or not name:
        return name or None
    campaign = Campaign.objects.filter(name=name).order_by("pk").first()
    if campaign is None:
        raise ValidationError({"campaign": [f"There is no campaign “{name}”."]})
    return campaign
