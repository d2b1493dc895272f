"""Many people at once: what becomes of each is worked out with their leads locked, and written in few statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import itemgetter
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.utils import timezone

from leads.facts import columns, fact, keep
from leads.facts import kept as kept_value
from leads.incoming import ATTRIBUTION, ExternalKey, Person
from leads.intent import Capture, Journeys
from leads.internals.copying import copy_in
from leads.internals.rows import fresh
from leads.models import Campaign, ConsentStatement, ExternalId, Lead, Touchpoint
from leads.models.consent import is_news, record
from leads.names import follow_parts, parts_of
from leads.precedence import Precedence
from leads.provenance import Kept, Verdict, explained, kept_instead, names_of, settle
from leads.repeats import Repeats, Stated, remark
from leads.scoring import rescore
from leads.stored import IdentityConflict, Stored, campaign_ids

CAPTURED = ("source", "campaign_id", "created_at", "entered_at")
"""What follows from the captures of a lead."""

Outcome = Literal["created", "updated", "unchanged"]


@dataclass(frozen=True)
class Upsert:
    """The lead as it is kept, and what became of its facts."""

    lead: Lead
    outcome: Outcome
    intent: Touchpoint | None = None
    """What a buyer who was known already asks for now, whether or not their facts changed."""
    remark: str = ""
    """What was strange, though it was kept; and which values were not taken, and why."""
    kept: Sequence[Kept] = ()
    """The values that stay, as they are later or from a stronger source."""


Refusal = ValidationError | IdentityConflict


@dataclass
class Batch(Stored):
    """What is to be written of some people, with the leads that they are locked."""

    repeats: Repeats = field(default_factory=Repeats)
    stated: dict[int, tuple[Lead, Stated]] = field(default_factory=dict)
    """What the rows of this batch stated, by `id()` of the lead, as one that is made here has no key yet."""
    campaigns: Mapping[ExternalKey, int] = field(default_factory=dict)
    new: list[Lead] = field(default_factory=list)
    new_ids: list[tuple[ExternalKey, Lead]] = field(default_factory=list)
    changed: dict[int, set[str]] = field(default_factory=dict)
    consents: list[tuple[Lead, ConsentStatement]] = field(default_factory=list)
    precedence: Precedence = field(default_factory=Precedence)
    journeys: Journeys = field(init=False)
    provenance: dict[int, dict[str, Any]] = field(default_factory=dict)
    """As it was before, by lead."""
    now: datetime = field(init=False)

    def write(self, people: Sequence[Person]) -> list[Upsert | Refusal]:
        self.campaigns = campaign_ids(people)
        self.load(people, lock=True)
        self.now = timezone.now()  # under the locks: whoever waited states it after those they waited for
        self.provenance = {pk: dict(lead.provenance) for pk, lead in self.leads.items()}
        self.journeys = Journeys(self.leads, self.precedence, self.campaigns.values())
        done = [self._upsert(person) for person in people]
        self._save()
        return _with_words(done)

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
        if person.has_attributes and (complaints := _not_offered(lead, person)):
            return ValidationError(complaints)
        done = self._update(lead, person) if lead else Upsert(self._make(person), "created")
        self._state(done.lead, person)
        return replace(done, remark=strange) if strange else done

    def _without_contradictions(self, person: Person) -> tuple[Person, str]:
        """The person without what an earlier row of the same file gives otherwise, and what to say of it.

        An email counts too: the ids say who it is. Source and campaign have rules of their own, see `intent`. Where
        the rows say when they were changed, the later one stays.
        """
        if not person.row:
            return person, ""
        lead = next(iter(self.by_ids(person).values()), None) or self.by_email.get(person.email)
        earlier = self._stated_of(lead) if lead else None
        if lead is None or earlier is None:
            return person, ""
        contradicted = {
            name
            for name, value in person.fields.items()
            if name in earlier.names - {"source"} and value != kept_value(lead, name) and not person.updated_at
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
        before = {name: getattr(lead, name) for name in CAPTURED}
        arrival = self.journeys.add(lead, self._capture(person))
        moved = {name for name, value in before.items() if getattr(lead, name) != value}
        taken, kept = self._settle(lead, person)
        is_named = self._name(lead, person)
        is_agreed = self._agree(lead, person)
        self._note(lead, {*moved, *columns(taken)})
        is_changed = bool(moved or taken or is_named or is_agreed or (arrival.is_kept and not arrival.intent))
        return Upsert(lead, "updated" if is_changed else "unchanged", arrival.intent, kept=kept)

    def _capture(self, person: Person) -> Capture:
        campaign = person.campaign
        pk = campaign.pk if isinstance(campaign, Campaign) else self.campaigns.get((person.system, campaign))
        source = person.fields.get("source", "")
        return Capture(source, pk, person.message, person.captured_at, person.stated_by, person.by)

    def _make(self, person: Person) -> Lead:
        at = person.captured_at or self.now
        lead = fresh(Lead, created_at=at, entered_at=min(at, self.now))
        self.new.append(lead)
        self.journeys.begin(lead, self._capture(person), is_dated=person.captured_at is not None)
        self._begin_facts(lead, person)
        self._name(lead, person)
        self._agree(lead, person)
        return lead

    def _begin_facts(self, lead: Lead, person: Person) -> None:
        """Set the facts of a lead of which nothing was stated before, as `_settle` would."""
        entry, parts = person.statement(self.now).entry, parts_of(lead)
        for name, value in self._stated_facts(lead, person).items():
            lead.provenance[name] = entry
            keep(lead, name, value)
        if lead.email:
            self.by_email[lead.email] = lead
        follow_parts(lead, parts)

    def _stated_facts(self, lead: Lead, person: Person) -> dict[str, Any]:
        facts = {name: value for name, value in person.fields.items() if name not in ATTRIBUTION}
        if person.email in self.by_email and person.email != lead.email:  # of one that was merged into it
            facts.pop("email", None)
        return facts | {name: fact(name).empty for name in person.erased} if person.erased else facts

    def _settle(self, lead: Lead, person: Person) -> tuple[set[str], list[Kept]]:
        """Set the facts that are stronger than what is stored; return their names, and those that stay."""
        taken: set[str] = set()
        stays: list[Kept] = []
        statement, parts = person.statement(self.now), parts_of(lead)
        for name, value in self._stated_facts(lead, person).items():
            former = kept_value(lead, name)
            verdict = settle(lead, name, value, statement, self.precedence)
            if verdict == Verdict.TAKEN:
                taken.add(name)
                if name == "email":
                    self._readdress(lead, former)
            elif verdict == Verdict.KEPT:
                stays.append(kept_instead(lead, name, value))
        if follow_parts(lead, parts):
            taken.add("name")
        return taken, stays

    def _readdress(self, lead: Lead, former: str) -> None:
        if self.by_email.get(former) is lead:
            del self.by_email[former]
        if lead.email:
            self.by_email[lead.email] = lead

    def _note(self, lead: Lead, names: set[str]) -> None:
        if lead.pk and (names or lead.provenance != self.provenance[lead.pk]):
            self.changed.setdefault(lead.pk, set()).update(names)

    def _agree(self, lead: Lead, person: Person) -> bool:
        """Note what the buyer agreed to or took back, and say whether that is new."""
        new = [statement for statement in person.consents if is_news(lead, statement)]
        self.consents += [(lead, statement) for statement in new]
        return bool(new)

    def _name(self, lead: Lead, person: Person) -> bool:
        """Note by which ids the lead is known from now, and say whether there are new ones."""
        new = [key for key in person.external_ids if key not in self.by_external_id]
        self.by_external_id |= dict.fromkeys(new, lead)
        self.new_ids += [(key, lead) for key in new]
        return bool(new)

    def _save(self) -> None:
        """A few statements, however many leads; first those that are known, as others may take an email given up."""
        for pk, names in self.changed.items():
            if "email" in names:  # one by one, in order: two leads may swap theirs
                self.leads[pk].save(update_fields=["email"])
        if self.changed:
            names = set().union(*self.changed.values()) | {"provenance", "updated_at"}
            leads = [self.leads[pk] for pk in sorted(self.changed)]
            for lead in leads:
                lead.updated_at = self.now if self.changed[lead.pk] else lead.updated_at
            Lead.objects.bulk_update(leads, sorted(names))
        copy_in(sorted(self.new, key=lambda lead: lead.email))
        copy_in([_external_id(lead, *key) for key, lead in sorted(self.new_ids, key=itemgetter(0))])
        self.journeys.save()
        record(self.consents)
        rescore([*self.new, *(self.leads[pk] for pk in self.changed), *self.journeys.touched])


def _external_id(lead: Lead, system: str, value: str) -> ExternalId:
    return fresh(ExternalId, system=system, value=value, lead_id=lead.pk)


def _not_offered(lead: Lead | None, person: Person) -> dict[str, list[str]]:
    """What is said of attributes that only older values may say: choices that were archived since."""
    complaints = {
        name: fact(name).complaint(value, kept_value(lead, name) if lead else None)
        for name, value in person.fields.items()
        if "." in name
    }
    return {name: [complaint] for name, complaint in complaints.items() if complaint}


def _with_words(done: Sequence[Upsert | Refusal]) -> list[Upsert | Refusal]:
    """With the words for what was not taken, once it is known who all the people are."""
    refused = [each for each in done if isinstance(each, Upsert) and each.kept]
    names = names_of(kept.because.by for each in refused for kept in each.kept)
    return [_in_words(each, names) if isinstance(each, Upsert) and each.kept else each for each in done]


def _in_words(done: Upsert, names: Mapping[int, str]) -> Upsert:
    kept = explained(done.kept, names)
    return replace(done, kept=kept, remark=" ".join(filter(None, (done.remark, *(each.words for each in kept)))))
