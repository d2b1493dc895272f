"""Whom the alarms of a simulation would have reached, by the one rule by which the outbox is written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from handoff.alerts.audience import HELPERS, AudienceQuery, Recipient, recipients_of
from handoff.models import Audience
from leads.models import User
from sla.models import Step, StepKind

MEDIUM = "email"
"""Of a proposed ladder, and where nobody else was notified of a breach."""
PROPOSED: Mapping[str, Sequence[str]] = {
    StepKind.WARNING: (Audience.OWNER,),
    StepKind.BREACH: (Audience.OWNER, Audience.MANAGER),
    StepKind.ESCALATION: (Audience.MANAGER,),
}
"""Whom the steps of a proposed ladder notify."""


@dataclass(frozen=True)
class Place:
    """Where a step sends its messages."""

    audience: str
    medium: str = MEDIUM
    address: str = ""
    name: str = ""


@dataclass(frozen=True)
class Firing:
    """A step that would have fired at a moment, for a lead with this owner then, and this team and campaign now."""

    step: Step
    at: datetime
    owner_id: int | None
    team_id: int | None
    campaign_id: int | None
    team: str

    def question(self, place: Place) -> AudienceQuery:
        lead = self.owner_id, self.team_id, self.campaign_id
        return AudienceQuery(place.audience, place.medium, place.address, *lead)


class Recipients:
    """Who would have been notified. Each question is asked once, however many alarms it is asked for."""

    def __init__(self, people: Mapping[int, User]) -> None:
        self.people = people
        self.places: dict[int, list[Place]] = {}
        self.reached: dict[AudienceQuery, list[Recipient]] = {}

    def of(self, firings: Sequence[Firing]) -> Iterator[tuple[Firing, set[tuple[str, str]]]]:
        """Each of them with its audiences and who they were: in one query, and one for each step not seen before."""
        questions = {firing.question(place) for firing in firings for place in self._all_places(firing.step)}
        if unasked := questions - self.reached.keys():
            self.reached |= recipients_of(unasked)
        for firing in firings:
            yield firing, self._notified(firing)

    def _notified(self, firing: Firing) -> set[tuple[str, str]]:
        notified = {(place.audience, who) for place in self._places(firing.step) for who in self._names(firing, place)}
        for helper in _helpers(firing.step):
            notified = notified or {(helper.audience, who) for who in self._names(firing, helper)}
        return notified

    def _names(self, firing: Firing, place: Place) -> Iterator[str]:
        """Never an address: that of a webhook is a secret."""
        for recipient in self.reached[firing.question(place)]:
            if recipient.user_id is None:
                yield place.name or firing.team
            elif person := self.people.get(recipient.user_id):  # one who was added meanwhile is passed over
                yield str(person)

    def _all_places(self, step: Step) -> list[Place]:
        return [*self._places(step), *_helpers(step)]

    def _places(self, step: Step) -> list[Place]:
        """A stored step notifies its destinations, a proposed one those of its kind."""
        if step.pk not in self.places:
            self.places[step.pk] = _stored(step) if step.policy_id else [Place(each) for each in PROPOSED[step.kind]]
        return self.places[step.pk]


def _stored(step: Step) -> list[Place]:
    active = step.destinations.filter(active=True)
    return [
        Place(to.audience, to.medium, to.address, to.name if to.audience == Audience.FIXED else "") for to in active
    ]


def _helpers(step: Step) -> list[Place]:
    """Of a breach, and of what follows it, someone is notified in any case."""
    return [] if step.kind == StepKind.WARNING else [Place(audience) for audience in HELPERS]
