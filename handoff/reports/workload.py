"""How many leads people can take: by the week, on working days on which they are not away."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from handoff.models import Firm, WeeklyCapacity
from leads.models import Absence

WORKDAYS = 5  # of a week, Monday to Friday
NOON = time(12)
Spans = Collection[tuple[datetime, datetime]]


class _Taken(NamedTuple):
    """So many leads a week from a day on."""

    starts_on: date
    leads: int


class Workload:
    """Read once for a report: what each person takes, where they belong now, and when they are away."""

    def __init__(self, firm: Firm) -> None:
        self._zone = firm.zone
        self._team: dict[int, str] = {}
        self._taken: dict[int, list[_Taken]] = defaultdict(list)
        self._away: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
        for line in WeeklyCapacity.objects.select_related("person__team").order_by("starts_on"):
            self._team[line.person_id] = line.person.team.name if line.person.team else ""
            self._taken[line.person_id].append(_Taken(line.starts_on, line.leads))
        for absence in Absence.objects.filter(user__in=self._team, imposed=False):
            self._away[absence.user_id].append((absence.starts_at, absence.ends_at))

    def capacity(self, days: Collection[date], team: str | None = None) -> float | None:
        """Of a team, or of everyone; nothing where nobody's capacity is entered for these days."""
        people = [person for person, theirs in self._team.items() if team is None or theirs == team]
        parts = [part for person in people for part in self._of(person, days)]
        return sum(parts) / WORKDAYS if parts else None

    def _of(self, person: int, days: Collection[date]) -> list[int]:
        taken, away = self._taken[person], self._away[person]
        return [
            0 if _is_away(day, away, self._zone) else lines[-1].leads
            for day in days
            if day.isoweekday() <= WORKDAYS and (lines := [each for each in taken if each.starts_on <= day])
        ]


def _is_away(day: date, spans: Spans, zone: ZoneInfo) -> bool:
    """Who is away at noon is away that day."""
    noon = datetime.combine(day, NOON, zone)
    return any(start <= noon < end for start, end in spans)
