"""Who a lead is: found again by email or external id and brought up to date, or made. The one rule for every door."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone
from psycopg.errors import DeadlockDetected, UniqueViolation

from leads.incoming import ExternalKey, Incoming, Person, clean
from leads.intent import Capture, Enquiries, attribution
from leads.internals.copying import copy_in
from leads.models import Campaign, ExternalId, Lead, State, Touchpoint
from leads.normalise import normalise_country, normalise_email, normalise_source, normalise_system, normalise_text
from leads.repeats import Repeats, Stated, remark
from leads.stored import IdentityConflict, Stored, campaign_ids

ATTEMPTS = 5

Outcome = Literal["created", "updated", "unchanged"]


@dataclass(frozen=True)
class Upsert:
    """The lead as it is kept, and what became of its facts."""

    lead: Lead
    outcome: Outcome
    intent: Touchpoint | None = None
    """What a buyer who was known already asks for now, whether or not their facts changed."""
    remark: str = ""
    """What was strange, though it was kept."""


Refusal = ValidationError | IdentityConflict
Then = Callable[[Sequence[Upsert]], None]


def upsert(
    fields: Mapping[str, Any],
    *,
    external_ids: Sequence[ExternalKey] = (),
    at: datetime | None = None,
    system: str = "",
    then: Then | None = None,
) -> Upsert:
    """Find the lead by its external ids (system, value) and its email, and bring it up to date; or make it.

    One that has neither is known by its phone.

    Fields: email, name, company, title, phone, country, source, campaign (a Campaign, its id in `system`, or its
    name), score, created_at, message. A blank one never erases; of two moments of capture the earlier one stays, and
    the first source and campaign keep the attribution. State and owner are the verbs' affair. A lead that was merged
    away is the one that it was merged into. What a known buyer asks for again is kept as a touchpoint: see `intent`.

    Raises ValidationError (field -> messages) for what does not fit, IdentityConflict for what points at two leads.
    """
    [done] = upsert_many([Incoming(fields, external_ids, at, system)], then=then)
    if isinstance(done, Exception):
        raise done
    return done


def upsert_many(
    rows: Iterable[Incoming], *, then: Then | None = None, repeats: Repeats | None = None
) -> list[Upsert | Refusal]:
    """Do the same for many in a few queries, as if one after the other; a row that is refused spoils no other.

    `then` is called with what was done, in the transaction that wrote it: both stay, or neither. It may be called
    again, after what it did was taken back. `repeats` is what earlier rows of the same file stated.
    """
    people = [_cleaned(row) for row in rows]
    present = [person for person in people if isinstance(person, Person)]
    done = iter(_write(present, then, Repeats() if repeats is None else repeats))
    return [next(done) if isinstance(person, Person) else person for person in people]


def find_many(rows: Iterable[Incoming]) -> list[Lead | Refusal | None]:
    """The leads that rows mean, in a few queries and without a lock; None for a lead that is not known."""
    people = [_cleaned(row) for row in rows]
    stored = Stored()
    stored.load([person for person in people if isinstance(person, Person)])
    return [stored.meant(person) if isinstance(person, Person) else person for person in people]


def _cleaned(row: Incoming) -> Person | ValidationError:
    try:
        return clean(row)
    except ValidationError as error:
        return error


def _write(people: Sequence[Person], then: Then | None, repeats: Repeats) -> list[Upsert | Refusal]:
    """Write them all; again if somebody else was faster, and one by one if that keeps happening."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            batch = _Batch(repeats=repeats)
            with transaction.atomic():
                done = batch.write(people)
                if then:
                    then([each for each in done if isinstance(each, Upsert)])
        except (IntegrityError, OperationalError) as error:
            if not isinstance(error.__cause__, UniqueViolation | DeadlockDetected) or attempt == ATTEMPTS:
                raise
            if attempt > 1 and len(people) > 1:
                break
        else:
            batch.remember()
            return done
    return [done for person in people for done in _write([person], then, repeats)]


@dataclass
class _Batch(Stored):
    """What is to be written of some people, with the leads that they are locked."""

    repeats: Repeats = field(default_factory=Repeats)
    stated: dict[int, tuple[Lead, Stated]] = field(default_factory=dict)
    """What the rows of this batch stated, by `id()` of the lead, as one that is made here has no key yet."""
    campaigns: Mapping[ExternalKey, int] = field(default_factory=dict)
    new: list[Lead] = field(default_factory=list)
    new_ids: list[ExternalId] = field(default_factory=list)
    changed: dict[int, set[str]] = field(default_factory=dict)
    enquiries: Enquiries = field(init=False)

    def write(self, people: Sequence[Person]) -> list[Upsert | Refusal]:
        self.campaigns = campaign_ids(people)
        self.load(people, lock=True)
        self.enquiries = Enquiries(self.leads)
        done = [self._upsert(person) for person in people]
        self._save()
        return done

    def remember(self) -> None:
        """Call it once all is committed: a batch that was taken back has stated nothing."""
        for lead, stated in self.stated.values():
            self.repeats.add(lead.pk, stated.row, stated.names)

    def _upsert(self, person: Person) -> Upsert | Refusal:
        person, strange = self._without_contradictions(person)
        lead = self.meant(person)
        if isinstance(lead, IdentityConflict):
            return lead
        if lead is None and person.is_reference:
            return ValidationError("The row has an id and nothing else: a lead needs a name, an email or another fact.")
        done = self._update(lead, person) if lead else Upsert(self._make(person), "created")
        self._state(done.lead, person)
        return replace(done, remark=strange)

    def _without_contradictions(self, person: Person) -> tuple[Person, str]:
        """The person without what an earlier row of the same file gives otherwise, and what to say of it.

        An email counts too: the ids say who it is. Source and campaign have rules of their own, see `attribution`.
        """
        lead = next(iter(self.by_ids(person).values()), None) or self.by_email.get(person.email)
        earlier = self._stated_of(lead) if lead and person.row else None
        if lead is None or earlier is None:
            return person, ""
        contradicted = {
            name
            for name, value in person.fields.items()
            if name in earlier.names - {"source"} and value != getattr(lead, name)
        }
        if self.by_email.get(person.email) is lead:  # its own, or of one that was merged into it
            contradicted.discard("email")
        fields = {name: value for name, value in person.fields.items() if name not in contradicted}
        email = "" if "email" in contradicted else person.email
        return replace(person, fields=fields, email=email), remark(person.row, earlier.row, contradicted)

    def _stated_of(self, lead: Lead) -> Stated | None:
        _, here = self.stated.get(id(lead), (lead, None))
        return here or (self.repeats.of(lead.pk) if lead.pk else None)

    def _state(self, lead: Lead, person: Person) -> None:
        if person.row:
            earlier = self._stated_of(lead) or Stated(person.row, frozenset())
            self.stated[id(lead)] = lead, Stated(earlier.row, earlier.names | person.fields.keys())

    def _update(self, lead: Lead, person: Person) -> Upsert:
        capture = self._capture(person)
        intent = None
        if self.enquiries.is_new_intent(lead, capture) and not _precedes(capture, lead):
            intent = self.enquiries.keep(lead, capture, _system_of(person))
        is_changed = self._change(lead, person, capture)
        is_named = self._name(lead, person)
        return Upsert(lead, "updated" if is_changed or is_named else "unchanged", intent)

    def _capture(self, person: Person) -> Capture:
        campaign = person.campaign
        pk = campaign.pk if isinstance(campaign, Campaign) else self.campaigns.get((person.system, campaign))
        return Capture(person.fields.get("source", ""), pk, person.message, person.captured_at)

    def _make(self, person: Person) -> Lead:
        now = timezone.now()
        at = person.captured_at or now
        capture = self._capture(person)
        lead = Lead(**person.fields, campaign_id=capture.campaign_id, created_at=at, entered_at=min(at, now))
        self.new.append(lead)
        if capture.message:
            self.enquiries.keep(lead, replace(capture, at=at), _system_of(person))
        if person.email:
            self.by_email[person.email] = lead
        self._name(lead, person)
        return lead

    def _change(self, lead: Lead, person: Person, capture: Capture) -> bool:
        fields = {name: value for name, value in person.fields.items() if name != "source"}
        is_first = _precedes(capture, lead) and not self.enquiries.is_repeated(lead, capture)
        if is_first or not _precedes(capture, lead):
            fields |= attribution(lead, capture)
        changes = {name: value for name, value in fields.items() if getattr(lead, name) != value}
        if person.email in self.by_email:  # held by this lead, or by one that was merged into it
            changes.pop("email", None)
        if "email" in changes:
            self.by_email.pop(lead.email, None)
            self.by_email[person.email] = lead
        if is_first:
            self.enquiries.keep(lead, Capture.first_of(lead), "")  # what came first until now came later
            if lead.state == State.RAW and lead.entered_at == lead.created_at:  # it has not moved since
                changes["entered_at"] = person.captured_at
            changes["created_at"] = person.captured_at
        for name, value in changes.items():
            setattr(lead, name, value)
        if lead.pk and changes:
            self.changed.setdefault(lead.pk, set()).update(changes)
        return bool(changes)

    def _name(self, lead: Lead, person: Person) -> bool:
        """Note by which ids the lead is known from now, and say whether there are new ones."""
        new = [key for key in person.external_ids if key not in self.by_external_id]
        self.by_external_id |= dict.fromkeys(new, lead)
        self.new_ids += [ExternalId(lead=lead, system=system, value=value) for system, value in new]
        return bool(new)

    def _save(self) -> None:
        self._save_changed()  # first, as a new lead may take an email that is given up here
        copy_in(sorted(self.new, key=lambda lead: lead.email))
        copy_in(sorted(self.new_ids, key=lambda stored: (stored.system, stored.value)))
        self.enquiries.save()

    def _save_changed(self) -> None:
        """Those of which the same facts change in one statement; but emails one by one, as each may free the next."""
        alike: dict[frozenset[str], list[Lead]] = {}
        for pk, names in self.changed.items():
            lead = self.leads[pk]
            if "email" in names:
                lead.save(update_fields=[*names, "updated_at"])
            else:
                lead.updated_at = timezone.now()
                alike.setdefault(frozenset(names), []).append(lead)
        for together, leads in alike.items():
            Lead.objects.bulk_update(leads, [*sorted(together), "updated_at"])


def _precedes(capture: Capture, lead: Lead) -> bool:
    """It happened before all that is known of the lead, though it is recorded later."""
    return capture.at is not None and capture.at < lead.created_at


def _system_of(person: Person) -> str:
    return person.system or next((system for system, _ in person.external_ids), "")


__all__ = [
    "IdentityConflict",
    "Incoming",
    "Upsert",
    "find_many",
    "normalise_country",
    "normalise_email",
    "normalise_source",
    "normalise_system",
    "normalise_text",
    "upsert",
    "upsert_many",
]
