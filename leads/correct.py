"""Correct the plain facts of a lead that is known already. State and owner are the verbs' affair."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from leads.facts import columns, fact, facts, kept
from leads.identity import IdentityConflict
from leads.incoming import ATTRIBUTION, Incoming, Person, clean
from leads.merged import lock_survivor
from leads.models import PERSON, Campaign, ExternalId, Lead, User
from leads.names import composed, follow_parts, parts_of
from leads.phones import SYSTEM as PHONE
from leads.phones import phone_key
from leads.precedence import Precedence, Statement
from leads.provenance import CAPTURE, Verdict, settle
from leads.scoring import rescore

_BY_PHONE = frozenset({"phone", "mobile_phone", "country"})
"""The facts by which a lead without an email is known."""
COMPUTED = "The scoring model gives the score: flag the part of it that is not indicative."
_NEVER = {
    "created_at": "When a lead was captured is not corrected.",
    "updated_at": "When a lead was changed is not corrected.",
    "message": "What a buyer wrote is not corrected.",
}


def correct(lead_id: int, fields: Mapping[str, Any], *, by: User | None = None, at: datetime | None = None) -> Lead:
    """Set what is given, cleaned as everywhere; unlike an upsert, a blank erases.

    What a person corrects stays against every later sync, unless RevOps ranked a source above them. `at` is for a
    correction that was made earlier: one that is newer stays.

    Of a lead that was merged, the one that stays is corrected: return it.

    Raises ValidationError (field -> messages), and IdentityConflict for an email that another lead has.
    """
    if complaints := {name: [words] for name, words in _NEVER.items() if name in fields}:
        raise ValidationError(complaints)
    with refusing_taken_email(fields.get("email", "")), transaction.atomic():
        return _correct(lead_id, fields, by, at)


def enter(lead: Lead, *, by: User | None, door: str) -> Lead:
    """Save a new lead that a person typed in: what they state stays like what they correct.

    One without an email is known by its phone, as at every other door. Raises ValidationError for a phone that cannot
    be a key, and IdentityConflict for an email or a phone that another lead is known by.
    """
    entry = Statement(PERSON, timezone.now(), by.pk if by else None).entry
    capture = {**entry, "system": door, "at": lead.created_at.isoformat()}
    follow_parts(lead, ("", ""))
    derived = composed(*parts_of(lead))  # such a name is stated by no one, and goes on following its parts
    for each in facts():
        if each.name == "name" and lead.name == derived:
            continue
        if kept(lead, each.name) != each.empty:  # that a box was left empty states nothing
            lead.provenance[each.name] = capture if each.name in ATTRIBUTION else entry
    lead.provenance[CAPTURE] = {**capture, "source": lead.source, "campaign": lead.campaign_id}
    with refusing_taken_email(lead.email), _refusing_taken_phone(lead), transaction.atomic():
        lead.save()
        if not lead.email:
            ExternalId.objects.create(lead=lead, system=PHONE, value=key_of(lead))
        rescore([lead])
    return lead


def key_of(lead: Lead) -> str:
    """The key by which a lead without an email is known; ValidationError where its phone cannot be one."""
    return phone_key(lead.phone or lead.mobile_phone, lead.country)


@contextmanager
def _refusing_taken_phone(lead: Lead) -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        if "external_id_once" not in str(error):
            raise
        raise IdentityConflict(phone_taken(lead.phone or lead.mobile_phone)) from error


def phone_taken(phone: str) -> str:
    return f"Another lead is known by the phone {phone}: give an email as well, or work with that lead."


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


def _correct(lead_id: int, fields: Mapping[str, Any], by: User | None, at: datetime | None) -> Lead:
    lead = lock_survivor(lead_id)
    # Its own ids are not cleaned again: one that an earlier release kept, damaged as it was, would refuse every change.
    known_by = [("handoff", str(lead.pk))] if lead.external_ids.exists() else []
    person = clean(Incoming({"email": lead.email, **fields}, known_by))
    wanted = _without_computed(lead, {name: _wanted(name, person) for name in fields})
    _refuse_archived(lead, {name: value for name, value in wanted.items() if kept(lead, name) != value})
    statement = Statement(PERSON, at or timezone.now(), by.pk if by else None)
    before, parts, precedence = dict(lead.provenance), parts_of(lead), Precedence()
    if at is None:
        _refuse_weaker(lead, wanted, precedence)
    verdicts = {
        name: settle(lead, name, value, statement, precedence)
        for name, value in wanted.items()
        if value in ("", None) or name in before or kept(lead, name) != value  # else it is from before provenance
    }
    taken = [name for name, verdict in verdicts.items() if verdict == Verdict.TAKEN]
    if follow_parts(lead, parts):
        taken.append("name")
    if taken or lead.provenance != before:
        lead.save(update_fields=[*columns(taken), "provenance", *(["updated_at"] if taken else [])])
        rescore([lead])
    if not _BY_PHONE.isdisjoint(taken):
        _name_by_phone(lead)
    return lead


def _name_by_phone(lead: Lead) -> None:
    """Who is known by a phone that was wrong is known by the right one as well: else they come in as another lead."""
    with suppress(ValidationError):  # what cannot be a key leaves the one that there is
        key = key_of(lead)
        known = lead.external_ids.filter(system=PHONE)
        if known.exists() and not known.filter(value=key).exists():
            with _refusing_taken_phone(lead), transaction.atomic():
                ExternalId.objects.create(lead=lead, system=PHONE, value=key)


def _without_computed(lead: Lead, wanted: dict[str, Any]) -> dict[str, Any]:
    """Where a scoring model gives the score, only what is shown may be sent back."""
    if lead.scored_by_id is None or "score" not in wanted:
        return wanted
    if wanted["score"] != lead.score:
        raise ValidationError({"score": [COMPUTED]})
    return {name: value for name, value in wanted.items() if name != "score"}


def _refuse_archived(lead: Lead, changes: Mapping[str, Any]) -> None:
    complaints = {name: fact(name).complaint(value, kept(lead, name)) for name, value in changes.items() if "." in name}
    if errors := {name: [complaint] for name, complaint in complaints.items() if complaint}:
        raise ValidationError(errors)


def _refuse_weaker(lead: Lead, wanted: Mapping[str, Any], precedence: Precedence) -> None:
    """A correction that the next sync would undo is refused, with where to make it."""
    systems = {name: lead.provenance.get(name, {}).get("system", PERSON) for name in wanted}
    complaints = {
        name: [f"{system} has precedence for this: correct it there."]
        for name, system in systems.items()
        if kept(lead, name) != wanted[name] and precedence.outranks_people(name, system)
    }
    if complaints:
        raise ValidationError(complaints)


def _wanted(name: str, person: Person) -> Any:
    if name == "campaign":
        return _campaign(person.campaign)
    return person.fields.get(name, fact(name).empty)


def _campaign(name: Campaign | str) -> Campaign | None:
    if isinstance(name, Campaign) or not name:
        return name or None
    campaign = Campaign.objects.filter(name=name).order_by("pk").first()
    if campaign is None:
        words = f"“{name}” is not a known campaign: add it under Campaigns, or correct its name."
        raise ValidationError({"campaign": [words]})
    return campaign
