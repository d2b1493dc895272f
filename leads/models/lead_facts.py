"""What conditions ask of a lead: its facts by name, and its touchpoints."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Max

from leads import conditions
from leads.conditions.consents import standing
from leads.conditions.windows import Point
from leads.facts import fact, value_of


class LeadFacts(Mapping[str, Any]):
    """The facts of a lead by name, with its team and its owner. Each is read when asked for, as some cost a query."""

    def __init__(self, lead: Any) -> None:
        self._lead = lead

    def __getitem__(self, name: str) -> Any:
        lead = self._lead
        match name:
            case "team":
                return lead.team.name if lead.team else ""
            case "owner":
                return lead.owner.username if lead.owner else ""
            case "created_at":
                return lead.created_at
            case "fit_grade":
                return lead.fit_grade
            case "touchpoints" | "event" | "last_touchpoint":
                return PointsOfLead(lead)
        if name.startswith("consent."):
            return standing(lead.consent, name.removeprefix("consent."), is_blocked=lead.do_not_contact)
        return value_of(lead, fact(name))

    def __iter__(self) -> Iterator[str]:
        return iter(conditions.fields())

    def __len__(self) -> int:
        return len(conditions.fields())


class PointsOfLead:
    """Its touchpoints, of which only those are read that a condition asks for."""

    def __init__(self, lead: Any) -> None:
        self._lead = lead

    def between(self, since: datetime | None, until: datetime) -> Iterator[Point]:
        if not self._lead.pk:
            return
        points = self._lead.touchpoints.filter(at__lte=until, **({} if since is None else {"at__gte": since}))
        for kind, at, detail, campaign in points.order_by().values_list("kind", "at", "detail", "campaign__name"):
            yield Point(kind, at, detail, campaign or "")

    def latest(self, until: datetime) -> datetime | None:
        if not self._lead.pk:
            return None
        newest: datetime | None = self._lead.touchpoints.filter(at__lte=until).aggregate(at=Max("at"))["at"]
        return newest
