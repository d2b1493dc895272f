"""Leads and campaigns that are stored already, looked up for many people at once by whatever names them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Q

from leads.external_ids import spellings
from leads.incoming import ExternalKey, Person
from leads.internals.rows import read
from leads.lookups import among
from leads.models import Campaign, Lead

# By arrays: the ORM would spell each name as a parameter of its own, which takes longer than to look it up.
_NAMED = "SELECT system, value, lead_id FROM leads_externalid WHERE system = ANY(%s) AND value = ANY(%s)"
# The condition of the index is said once more: the planner does not see it in a long list.
_MAILED = "SELECT id FROM leads_lead WHERE email <> '' AND email = ANY(%s)"


class IdentityConflict(Exception):
    """What identifies the lead points at different leads; the message names them and says what to do."""


@dataclass
class Stored:
    """The leads that some people may be, by all their names; one that was merged away is the one that stayed."""

    leads: dict[int, Lead] = field(default_factory=dict)
    by_email: dict[str, Lead] = field(default_factory=dict)
    by_external_id: dict[ExternalKey, Lead] = field(default_factory=dict)
    columns: Sequence[str] = ()
    """Those that are read of the leads; all unless given."""

    def load(self, people: Sequence[Person], *, lock: bool = False, also: Collection[int] = ()) -> None:
        """`also` are numbers of leads that are known already."""
        wanted = {key for person in people for key in (*person.external_ids, *person.former_ids)}
        systems, values = {system for system, _ in wanted}, {value for _, value in wanted}
        named = _rows(_NAMED, list(systems), list(values)) if wanted else []
        owners = {(system, value): pk for system, value, pk in named if (system, value) in wanted}
        emails = [person.email for person in people if person.email]
        mailed = [pk for (pk,) in _rows(_MAILED, emails)] if emails else []
        self._load_leads({*owners.values(), *mailed, *also}, lock=lock)
        self.by_email = {lead.email: self._survivor(lead) for lead in self.leads.values() if lead.email}
        self.by_external_id = {key: self._survivor(self.leads[pk]) for key, pk in owners.items()}

    def by_number(self, lead_id: int) -> Lead | None:
        """The lead of this number, or the one that it was merged into."""
        lead = self.leads.get(lead_id)
        return self._survivor(lead) if lead else None

    def meant(self, person: Person) -> Lead | IdentityConflict | None:
        """The one lead that a person is."""
        leads = self.by_ids(person)
        if not leads:
            return self.by_email.get(person.email)
        if by_email := self.by_email.get(person.email):
            leads[person.email] = by_email
        if len({id(lead) for lead in leads.values()}) > 1:
            return IdentityConflict(_conflict(leads))
        return next(iter(leads.values()), None)

    def by_ids(self, person: Person) -> dict[str, Lead]:
        """The leads that the ids of a person name, by these ids."""
        keys = (*person.external_ids, *sorted(person.former_ids)) if person.former_ids else person.external_ids
        return {":".join(key): lead for key in keys if (lead := self.by_external_id.get(key))}

    def _load_leads(self, ids: Collection[int], *, lock: bool) -> None:
        """Load leads, and those they were merged into; lock them in the same order everywhere, against rings."""
        while ids:
            leads = Lead.objects.filter(among(ids)).order_by("pk")
            leads = leads.select_for_update(no_key=True) if lock else leads
            self.leads |= {lead.pk: lead for lead in read(leads, self.columns)}
            ids = {lead.merged_into_id for lead in self.leads.values() if lead.merged_into_id} - self.leads.keys()

    def _survivor(self, lead: Lead) -> Lead:
        while lead.merged_into_id:
            lead = self.leads[lead.merged_into_id]
        return lead


def _rows(statement: str, *names: list[str]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, names)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _conflict(leads: Mapping[str, Lead]) -> str:
    owners = " and ".join(f"“{name}” is {_called(lead)}" for name, lead in leads.items())
    return f"{owners}: merge the two if they are one and the same, or correct what identifies the lead."


def _called(lead: Lead) -> str:
    return f"lead {lead.pk} ({lead})" if lead.pk else "a new lead of the same file"


def campaign_ids(people: Iterable[Person]) -> dict[ExternalKey, int]:
    """The campaigns that are meant, by system and by what they are called there; one that is unknown is made."""
    wanted = {(person.system, person.campaign) for person in people if isinstance(person.campaign, str)}
    ids = {key: spellings(*key) for key in wanted if key[1]}
    if not ids:
        return {}
    by_id: dict[ExternalKey, int] = {}
    by_name: dict[str, int] = {}
    labels = {label for (_, called), spelled in ids.items() for label in (called, *spelled)}
    stored = Campaign.objects.filter(Q(external_id__in=labels) | Q(name__in=labels)).order_by("-pk")
    for campaign in stored:
        by_id[campaign.system, campaign.external_id] = campaign.pk
        by_name[campaign.name] = campaign.pk  # of several of one name, the oldest

    def meant(key: ExternalKey) -> int | None:
        by_ids = (by_id.get((key[0], spelled)) for spelled in ids[key])
        return next(filter(None, by_ids), None) or by_name.get(key[1])

    unknown = {(key[0], ids[key][0]): key[1] for key in sorted(ids) if meant(key) is None}
    made = Campaign.objects.bulk_create(
        Campaign(name=called, system=system, external_id=value) for (system, value), called in unknown.items()
    )
    by_id |= {(campaign.system, campaign.external_id): campaign.pk for campaign in made}
    return {key: pk for key in ids if (pk := meant(key))}
