"""Who a lead is: found again by email or external id and brought up to date, or made. The one rule for every door."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone
from psycopg.errors import DeadlockDetected, UniqueViolation

from leads.incoming import ExternalKey, Incoming, Person, clean
from leads.intent import Capture, Enquiries, attribution
from leads.models import Campaign, ExternalId, Lead, State, Touchpoint
from leads.normalise import normalise_country, normalise_email, normalise_source, normalise_system, normalise_text

ATTEMPTS = 5

Outcome = Literal["created", "updated", "unchanged"]


class IdentityConflict(Exception):
    """What identifies the lead points at different leads; the message names them and says what to do."""


@dataclass(frozen=True)
class Upsert:
    """The lead as it is kept, and what became of its facts."""

    lead: Lead
    outcome: Outcome
    intent: Touchpoint | None = None
    """What a buyer who was known already asks for now, whether or not their facts changed."""


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
    rows: Iterable[Incoming], *, then: Then | None = None
) -> list[Upsert | ValidationError | IdentityConflict]:
    """Do the same for many in a few queries, as if one after the other; a row that is refused spoils no other.

    `then` is called with what was done, in the transaction that wrote it: both stay, or neither. It may be called
    again, after what it did was taken back.
    """
    people = [_cleaned(row) for row in rows]
    done = iter(_write([person for person in people if isinstance(person, Person)], then))
    return [next(done) if isinstance(person, Person) else person for person in people]


def find_many(rows: Iterable[Incoming]) -> list[Lead | ValidationError | IdentityConflict | None]:
    """The leads that rows mean, in a few queries and without a lock; None for a lead that is not known."""
    people = [_cleaned(row) for row in rows]
    stored = _Stored()
    stored.load([person for person in people if isinstance(person, Person)])
    return [stored.meant(person) if isinstance(person, Person) else person for person in people]


def _cleaned(row: Incoming) -> Person | ValidationError:
    try:
        return clean(row)
    except ValidationError as error:
        return error


def _write(people: Sequence[Person], then: Then | None) -> list[Upsert | IdentityConflict]:
    """Write them all; again if somebody else was faster, and one by one if that keeps happening."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                done = _Batch().write(people)
                if then:
                    then([each for each in done if isinstance(each, Upsert)])
                return done
        except (IntegrityError, OperationalError) as error:
            if not isinstance(error.__cause__, UniqueViolation | DeadlockDetected) or attempt == ATTEMPTS:
                raise
            if attempt > 1 and len(people) > 1:
                break
    return [done for person in people for done in _write([person], then)]


@dataclass
class _Stored:
    """The leads that some people may be, by all their names; one that was merged away is the one that stayed."""

    leads: dict[int, Lead] = field(default_factory=dict)
    by_email: dict[str, Lead] = field(default_factory=dict)
    by_external_id: dict[ExternalKey, Lead] = field(default_factory=dict)

    def load(self, people: Sequence[Person], *, lock: bool = False) -> None:
        wanted = {key for person in people for key in person.external_ids}
        systems, values = {system for system, _ in wanted}, {value for _, value in wanted}
        named = ExternalId.objects.filter(system__in=systems, value__in=values)
        owners = {
            (system, value): pk
            for system, value, pk in named.values_list("system", "value", "lead_id")
            if (system, value) in wanted
        }
        emails = {person.email for person in people if person.email}
        # The condition of the index, said once more: the planner does not see it in a long list.
        mailed = Lead.objects.exclude(email="").filter(email__in=emails).values_list("pk", flat=True)
        self._load_leads({*owners.values(), *mailed}, lock=lock)
        self.by_email = {lead.email: self._survivor(lead) for lead in self.leads.values() if lead.email}
        self.by_external_id = {key: self._survivor(self.leads[pk]) for key, pk in owners.items()}

    def meant(self, person: Person) -> Lead | IdentityConflict | None:
        """The one lead that a person is."""
        named = {f"{system}:{value}": self.by_external_id.get((system, value)) for system, value in person.external_ids}
        named[person.email] = self.by_email.get(person.email)
        leads = {name: lead for name, lead in named.items() if lead is not None}
        if len({id(lead) for lead in leads.values()}) > 1:
            return IdentityConflict(_conflict(leads))
        return next(iter(leads.values()), None)

    def _load_leads(self, ids: Collection[int], *, lock: bool) -> None:
        """Load leads, and those they were merged into; lock them in the same order everywhere, against rings."""
        while ids:
            leads = Lead.objects.filter(pk__in=ids).order_by("pk")
            self.leads |= {lead.pk: lead for lead in (leads.select_for_update(no_key=True) if lock else leads)}
            ids = {lead.merged_into_id for lead in self.leads.values() if lead.merged_into_id} - self.leads.keys()

    def _survivor(self, lead: Lead) -> Lead:
        while lead.merged_into_id:
            lead = self.leads[lead.merged_into_id]
        return lead


@dataclass
class _Batch(_Stored):
    """What is to be written of some people, with the leads that they are locked."""

    campaigns: Mapping[ExternalKey, int] = field(default_factory=dict)
    new: list[Lead] = field(default_factory=list)
    new_ids: list[ExternalId] = field(default_factory=list)
    changed: dict[int, set[str]] = field(default_factory=dict)
    enquiries: Enquiries = field(init=False)

    def write(self, people: Sequence[Person]) -> list[Upsert | IdentityConflict]:
        self.campaigns = _campaign_ids(people)
        self.load(people, lock=True)
        self.enquiries = Enquiries(self.leads)
        done = [self._upsert(person) for person in people]
        self._save()
        return done

    def _upsert(self, person: Person) -> Upsert | IdentityConflict:
        lead = self.meant(person)
        if isinstance(lead, IdentityConflict):
            return lead
        if lead is None:
            return Upsert(self._make(person), "created")
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
        for pk, names in self.changed.items():  # first, as a new lead may take an email that is given up here
            self.leads[pk].save(update_fields=[*names, "updated_at"])
        Lead.objects.bulk_create(sorted(self.new, key=lambda lead: lead.email))
        ExternalId.objects.bulk_create(sorted(self.new_ids, key=lambda stored: (stored.system, stored.value)))
        self.enquiries.save()


def _precedes(capture: Capture, lead: Lead) -> bool:
    """It happened before all that is known of the lead, though it is recorded later."""
    return capture.at is not None and capture.at < lead.created_at


def _system_of(person: Person) -> str:
    return person.system or next((system for system, _ in person.external_ids), "")


def _conflict(leads: Mapping[str, Lead]) -> str:
    owners = " and ".join(f"“{name}” is {_called(lead)}" for name, lead in leads.items())
    return f"{owners}: merge the two if they are one and the same, or correct what identifies the lead."


def _called(lead: Lead) -> str:
    return f"lead {lead.pk} ({lead})" if lead.pk else "a new lead of the same file"


def _campaign_ids(people: Iterable[Person]) -> dict[ExternalKey, int]:
    """The campaigns that are meant, by system and by what they are called there; one that is unknown is made."""
    wanted = {(person.system, person.campaign) for person in people if isinstance(person.campaign, str)}
    wanted = {key for key in wanted if key[1]}
    if not wanted:
        return {}
    called = {called for _, called in wanted}
    by_id: dict[ExternalKey, int] = {}
    by_name: dict[str, int] = {}
    stored = Campaign.objects.filter(Q(external_id__in=called) | Q(name__in=called)).order_by("-pk")
    for campaign in stored:
        by_id[campaign.system, campaign.external_id] = campaign.pk
        by_name[campaign.name] = campaign.pk  # of several of one name, the oldest
    unknown = sorted(key for key in wanted if key not in by_id and key[1] not in by_name)
    made = Campaign.objects.bulk_create(
        Campaign(name=called, system=system, external_id=called) for system, called in unknown
    )
    by_id |= {(campaign.system, campaign.external_id): campaign.pk for campaign in made}
    return {key: by_id.get(key) or by_name[key[1]] for key in wanted}


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
