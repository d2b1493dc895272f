"""What a buyer asks for when they come in again: kept once, however often the same capture is sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from leads.models import Lead, Touchpoint


@dataclass(frozen=True)
class Capture:
    """One coming in of a buyer. `at` is empty when the door did not date it."""

    source: str
    campaign_id: int | None
    message: str
    at: datetime | None

    @classmethod
    def first_of(cls, lead: Lead) -> "Capture":
        return cls(lead.source, lead.campaign_id, "", lead.created_at)

    @property
    def says_something(self) -> bool:
        return bool(self.source or self.campaign_id or self.message)

    def repeats(self, earlier: "Capture") -> bool:
        """It says nothing beyond another capture, and is not another moment."""
        return (
            self.at in (None, earlier.at)
            and self.source in ("", earlier.source)
            and self.campaign_id in (None, earlier.campaign_id)
            and self.message in ("", earlier.message)
        )


@dataclass
class Enquiries:
    """What the leads of a batch have asked for. The leads are locked, so two doors cannot both add the same."""

    leads: Mapping[int, Lead]
    new: list[Touchpoint] = field(default_factory=list)
    _of_lead: dict[int, list[Capture]] | None = None

    def is_repeated(self, lead: Lead, capture: Capture) -> bool:
        """The capture is the first one of the lead, though stated more completely, or one of those that are kept."""
        first = Capture.first_of(lead)
        is_first = capture.at == first.at and not capture.message and not _differs(capture, first)
        return is_first or capture.repeats(first) or any(map(capture.repeats, self._kept(lead)))

    def is_new_intent(self, lead: Lead, capture: Capture) -> bool:
        """A later moment, or something that was not said before. Facts alone do not count as intent."""
        is_later = capture.at is not None and capture.at > lead.created_at
        return (capture.says_something or is_later) and not self.is_repeated(lead, capture)

    def keep(self, lead: Lead, capture: Capture, system: str) -> Touchpoint:
        point = Touchpoint(
            lead=lead,
            kind=Touchpoint.ENQUIRY,
            source=capture.source,
            campaign_id=capture.campaign_id,
            detail=capture.message,
            at=capture.at or timezone.now(),
            system=system,
        )
        self.new.append(point)
        self._kept(lead).append(_as_capture(point))
        return point

    def save(self) -> None:
        Touchpoint.objects.bulk_create(self.new)

    def _kept(self, lead: Lead) -> list[Capture]:
        """By `id()` of the lead, as one that is made in the batch has no key. Read for all when one is asked for."""
        if self._of_lead is None:
            self._of_lead = {}
            for point in Touchpoint.objects.filter(lead__in=self.leads.keys(), kind=Touchpoint.ENQUIRY):
                self._of_lead.setdefault(id(self.leads[point.lead_id]), []).append(_as_capture(point))
        return self._of_lead.setdefault(id(lead), [])


def attribution(lead: Lead, capture: Capture) -> dict[str, str | int | None]:
    """What a capture changes of source and campaign: the first one keeps them, a later one only fills what is empty.

    One that happened before all others is the first, in whatever order they arrived.
    """
    if capture.at and capture.at < lead.created_at and (capture.source or capture.campaign_id):
        return {"source": capture.source, "campaign_id": capture.campaign_id}
    if _differs(capture, Capture.first_of(lead)):
        return {}
    return {"source": lead.source or capture.source, "campaign_id": lead.campaign_id or capture.campaign_id}


def _as_capture(point: Touchpoint) -> Capture:
    return Capture(point.source, point.campaign_id, point.detail, point.at)


def _differs(capture: Capture, first: Capture) -> bool:
    """They name different sources or campaigns, where both name one."""
    return any(
        mine and theirs and mine != theirs
        for mine, theirs in ((capture.source, first.source), (capture.campaign_id, first.campaign_id))
    )
