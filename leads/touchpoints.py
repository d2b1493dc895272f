"""What buyers did, whichever door tells of it: kept once, by its own id or by what it says."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone
from psycopg.errors import DeadlockDetected, UniqueViolation

from leads.external_ids import normalise_id, spellings
from leads.incoming import Incoming, Person, clean
from leads.models import Campaign, Lead, Touchpoint
from leads.normalise import is_storable, normalise_kind, normalise_system, quoted
from leads.precedence import Precedence
from leads.scoring import rescore
from leads.stored import IdentityConflict, Stored, campaign_ids

ATTEMPTS = 5
LONGEST_KIND, LONGEST_ID = 40, 200
ENQUIRY_REFUSED = (
    "An enquiry without an id is a capture: send the lead again with what the buyer wrote in its message, give the "
    "enquiry its external id, or call it form or reply."
)
OF_THE_TOUCHPOINT = ("source", "campaign", "message", "created_at")
"""Fields that a touchpoint states of itself; the others identify the buyer."""

STATED = ("kind", "source", "campaign_id", "detail")
"""What a touchpoint says, besides when."""

Outcome = Literal["created", "updated", "unchanged"]
Content = tuple[int, str, str, int | None, str]


@dataclass(frozen=True)
class Stated:
    """A touchpoint as another system states it. `who` is the buyer with the campaign, the source and the moment.

    What it says besides, like what the buyer wrote, is the message of `who`. Without a moment it is of now, unless the
    same was stated before.
    """

    who: Incoming
    kind: str
    external_id: str = ""
    lead_id: int | None = None
    """The lead itself, where the door knows it."""


@dataclass(frozen=True)
class Recorded:
    """The touchpoint as it is kept, and what became of it."""

    point: Touchpoint
    lead: Lead
    outcome: Outcome
    is_new: bool = False
    """It tells of something that was not known: it was made, or has become something else."""


class UnknownBuyer(ValidationError):
    """There is no such lead."""


Refusal = ValidationError | IdentityConflict
Then = Callable[[Sequence[Recorded]], None]


@dataclass(frozen=True)
class _Clean:
    person: Person
    kind: str
    external_id: str
    lead_id: int | None


def record(points: Iterable[Stated], *, then: Then | None = None) -> list[Recorded | Refusal]:
    """Keep them all in a few statements; one that is refused spoils no other.

    `then` is called with what was recorded, in the transaction that wrote it; again, if that was taken back.
    """
    cleaned = [_cleaned(stated) for stated in points]
    done = iter(_write([each for each in cleaned if isinstance(each, _Clean)], then))
    return [next(done) if isinstance(each, _Clean) else each for each in cleaned]


def clean_kind(text: str) -> str:
    """One spelling for a kind: “Page visit” is page_visit."""
    kind = normalise_kind(text)
    if not kind:
        raise ValidationError({"kind": ["Say what the buyer did, like form, page_visit, reply or meeting."]})
    if len(kind) > LONGEST_KIND or not re.fullmatch(r"\w+", kind):
        raise ValidationError({"kind": [f"{quoted(text)} is not a valid kind: write a short word like form or reply."]})
    return kind


def _cleaned(stated: Stated) -> _Clean | ValidationError:
    try:
        return _clean(stated)
    except ValidationError as error:
        return error


def _clean(stated: Stated) -> _Clean:
    who = stated.who
    if stated.lead_id is not None:  # the door has identified the buyer: what it says of them is not looked at
        own = {name: value for name, value in who.fields.items() if name in OF_THE_TOUCHPOINT}
        who = replace(who, fields=own, external_ids=[("handoff", str(stated.lead_id))])
    try:
        person = clean(who)
    except ValidationError as error:
        raise _renamed(error) from error
    if stated.lead_id is not None:
        person = replace(person, stated_by=normalise_system(who.system) or who.door)
    kind, external_id = clean_kind(stated.kind), _clean_id(person.stated_by, stated.external_id)
    if kind == Touchpoint.ENQUIRY and not external_id:
        raise ValidationError({"kind": [ENQUIRY_REFUSED]})
    return _Clean(person, kind, external_id, stated.lead_id)


def _renamed(error: ValidationError) -> ValidationError:
    names = {"message": "detail", "created_at": "at"}
    return ValidationError({names.get(name, name): words for name, words in error.message_dict.items()})


def _clean_id(system: str, text: str) -> str:
    if not is_storable(text):
        raise ValidationError({"external_id": ["Contains invalid characters (NUL or unpaired surrogate)."]})
    try:
        value = normalise_id(system, text)
    except ValidationError as error:
        raise ValidationError({"external_id": error.messages}) from error
    if len(value) > LONGEST_ID:
        raise ValidationError({"external_id": [f"This may have at most {LONGEST_ID} characters."]})
    return value


def _write(points: Sequence[_Clean], then: Then | None) -> list[Recorded | Refusal]:
    """Write them all; again if somebody else was faster."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                done = _Batch().write(points)
                if then:
                    then([each for each in done if isinstance(each, Recorded)])
        except (IntegrityError, OperationalError) as error:
            if not isinstance(error.__cause__, UniqueViolation | DeadlockDetected) or attempt == ATTEMPTS:
                raise
        else:
            return done
    raise AssertionError  # the last attempt has returned or raised


class _Batch:
    """Touchpoints that are written together, with their leads locked."""

    def write(self, points: Sequence[_Clean]) -> list[Recorded | Refusal]:
        people = [point.person for point in points]
        self.campaigns = campaign_ids(people)
        self.stored = Stored()
        self.stored.load(people, lock=True, also={point.lead_id for point in points if point.lead_id is not None})
        self.now = timezone.now()
        self.precedence = Precedence()
        self.new: list[Touchpoint] = []
        self.changed: dict[int, Touchpoint] = {}
        leads = [self._lead(point) for point in points]
        self._load(points, [lead for lead in leads if isinstance(lead, Lead)])
        done = [
            self._keep(point, lead) if isinstance(lead, Lead) else lead
            for point, lead in zip(points, leads, strict=True)
        ]
        Touchpoint.objects.bulk_create(self.new)
        if self.changed:
            names = ["kind", "source", "campaign", "detail", "at", "system", "recorded_by"]
            Touchpoint.objects.bulk_update(self.changed.values(), names)
        rescore(point.lead for point in (*self.new, *self.changed.values()))
        return done

    def _lead(self, point: _Clean) -> Lead | Refusal:
        if point.lead_id is not None:
            lead: Lead | IdentityConflict | None = self.stored.by_number(point.lead_id)
        else:
            lead = self.stored.meant(point.person)
        return UnknownBuyer(_unknown(point)) if lead is None else lead

    def _load(self, points: Sequence[_Clean], leads: Collection[Lead]) -> None:
        """What is there already: of the same id, or of the same leads and kinds without one."""
        ids = {spelled for each in points if each.external_id for spelled in _spellings(each)}
        by_id = Touchpoint.objects.filter(system__in={each.person.stated_by for each in points}, external_id__in=ids)
        self.by_id = {(point.system, point.external_id): point for point in by_id} if ids else {}
        plain = [each for each in points if not each.external_id]
        alike = Q(at__in={each.person.captured_at for each in plain} - {None})
        if any(each.person.captured_at is None for each in plain):
            alike |= Q(detail__in={each.person.message for each in plain if each.person.captured_at is None})
        kinds = {each.kind for each in plain}
        found = Touchpoint.objects.filter(alike, lead__in={lead.pk for lead in leads}, kind__in=kinds, external_id="")
        self.by_content: dict[Content, dict[datetime, Touchpoint]] = {}
        for point in found if plain else ():
            self.by_content.setdefault(_content(point), {})[point.at] = point

    def _keep(self, stated: _Clean, lead: Lead) -> Recorded | Refusal:
        point = Touchpoint(
            lead=lead,
            kind=stated.kind,
            source=stated.person.fields.get("source", ""),
            campaign_id=self._campaign(stated.person),
            at=stated.person.captured_at or self.now,
            detail=stated.person.message,
            system=stated.person.stated_by,
            external_id=stated.external_id,
            recorded_by_id=stated.person.by,
            recorded_at=self.now,  # the same as `at` of one without a moment: by that it is known
        )
        if not stated.external_id:
            return self._keep_by_content(stated, point)
        known = next(filter(None, (self.by_id.get((point.system, spelled)) for spelled in _spellings(stated))), None)
        if known is not None:
            return self._compare(known, point, restates=stated.person.row > 0)
        self.by_id[point.system, point.external_id] = point
        return self._add(point)

    def _keep_by_content(self, stated: _Clean, point: Touchpoint) -> Recorded:
        alike = self.by_content.setdefault(_content(point), {})
        same = alike.get(point.at) if stated.person.captured_at else next(iter(alike.values()), None)
        if same is None:
            alike[point.at] = point
            return self._add(point)
        if self._is_stronger(point, same):  # whichever was first
            same.system, same.recorded_by_id = point.system, point.recorded_by_id
            if same.pk:
                self.changed[same.pk] = same
        return Recorded(same, point.lead, "unchanged")

    def _is_stronger(self, point: Touchpoint, other: Touchpoint) -> bool:
        if point.system != other.system:
            return self.precedence.order_of(point.system) < self.precedence.order_of(other.system)
        return (point.recorded_by_id or 0) < (other.recorded_by_id or 0)

    def _add(self, point: Touchpoint) -> Recorded:
        self.new.append(point)
        return Recorded(point, point.lead, "created", is_new=True)

    def _compare(self, known: Touchpoint, point: Touchpoint, *, restates: bool) -> Recorded | Refusal:
        """Of the same id it is the same one: the newest that says when says all of it, whatever came first."""
        lead = point.lead
        if known.lead_id != lead.pk:
            return ValidationError(
                f"The touchpoint “{point.external_id}” belongs to lead {known.lead_id}, and this one is about lead "
                f"{lead.pk}: correct one of the two."
            )
        if not (restates and point.at == known.at) and not self._is_newer(point, known):
            return Recorded(known, lead, "unchanged")
        names = [*STATED, *(["at"] if _is_dated(point) else [])]
        changes = [name for name in names if getattr(point, name) != getattr(known, name)]
        for name in (*changes, "recorded_by_id"):
            setattr(known, name, getattr(point, name))
        if known.pk:
            self.changed[known.pk] = known
        return Recorded(known, lead, "updated" if changes else "unchanged", "kind" in changes)

    def _is_newer(self, point: Touchpoint, known: Touchpoint) -> bool:
        """One without a moment is of its receipt, and weaker than all that have one."""
        if not (_is_dated(point) or _is_dated(known)):
            return True
        mine, theirs = ((_is_dated(each), each.at) for each in (point, known))
        return mine > theirs or (mine == theirs and self._says_more(point, known))

    def _says_more(self, point: Touchpoint, known: Touchpoint) -> bool:
        """Which of two at one moment stays, in every order; the number of a campaign depends on what came first."""
        if (point.recorded_by_id or 0) != (known.recorded_by_id or 0):
            return self._is_stronger(point, known)
        mine, theirs = ((each.kind, each.source, str(each.campaign or ""), each.detail) for each in (point, known))
        return mine > theirs

    def _campaign(self, person: Person) -> int | None:
        campaign = person.campaign
        return campaign.pk if isinstance(campaign, Campaign) else self.campaigns.get((person.system, campaign))


def _spellings(point: _Clean) -> list[str]:
    return spellings(point.person.stated_by, point.external_id)


def _is_dated(point: Touchpoint) -> bool:
    return point.at != point.recorded_at


def _content(point: Touchpoint) -> Content:
    return point.lead_id, point.kind, point.source, point.campaign_id, point.detail


def _unknown(point: _Clean) -> str:
    person = point.person
    called = [":".join(key) for key in person.external_ids] if point.lead_id is None else [str(point.lead_id)]
    known_by = next(filter(None, (*called, person.email)), "")
    return f"There is no lead “{known_by}”: create it first, or correct what identifies it."
