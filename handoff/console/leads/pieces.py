"""A long timeline in pieces: its events, the place of each, and the rows of one kind that come before a place."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from handoff.console.frame.words import moment
from leads.models import Lead
from leads.moments import storable

PIECE = 50
"""How many events are shown at once."""
LONGEST_PLACE = 80


@dataclass(frozen=True, order=True)
class Place:
    """Where an event stands: by its moment, then by its kind, then by its number."""

    at: datetime
    rank: int
    pk: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.rank}~{self.pk}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The place that an address names; None for anything else, which means from the newest on."""
        at, *numbers = text[:LONGEST_PLACE].split("~")
        try:
            rank, pk = map(int, numbers)
            when = storable(datetime.fromisoformat(at))
        except (ValueError, ValidationError):
            return None
        return cls(when, rank, pk) if 0 <= rank < 100 and 0 <= pk < 2**63 else None


@dataclass(frozen=True)
class Asked:
    """Which events of a lead are asked for: those before a place, and no more than so many of each kind."""

    lead: Lead
    before: Place | None
    most: int | None
    rank: int = 0

    def of(self, rank: int) -> "Asked":
        """The same of one kind of event."""
        return replace(self, rank=rank)

    def rows(self, rows: QuerySet[Any], column: str) -> list[Any]:
        """The newest of these rows, the newest first."""
        if self.before:
            rows = rows.filter(self._older(self.before, column))
        return list(rows.order_by(f"-{column}", "-pk")[: self.most])

    def _older(self, place: Place, column: str) -> Q:
        # Said once as a range, so that an index serves it, and then exactly.
        at_once = Q(**{column: place.at})
        older = Q(**{f"{column}__lt": place.at})
        if self.rank < place.rank:
            older |= at_once
        elif self.rank == place.rank:
            older |= at_once & Q(pk__lt=place.pk)
        return Q(**{f"{column}__lte": place.at}) & older


@dataclass(frozen=True)
class Event:
    """One line of the timeline: who did what, why, when and through which door."""

    at: datetime
    icon: str
    tone: str
    who: str
    headline: str
    why: tuple[tuple[str, str], ...] = ()
    door: str = ""
    other: str = ""
    """Another lead that it is about, and its page."""
    other_url: str = ""
    is_taken_back: bool = False

    @property
    def when(self) -> str:
        return moment(self.at)


@dataclass(frozen=True)
class Piece:
    """Some events, newest first, and the place before which the older ones stand; empty at the beginning of all."""

    events: list[Event]
    older: str


Numbered = Iterator[tuple[int, Event]]
"""Events of one kind, each with the number of its row."""
