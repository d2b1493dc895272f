"""Which of two statements about a fact stays: a total order, so that any order of arrival ends in the same record."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from leads.models import PERSON, SourceRank

UNRANKED = 2**15
"""The place of a source that is not in the order: weaker than all that are."""

Key = tuple[int, datetime, int, str, str, int]


@dataclass(frozen=True)
class Statement:
    """Who stated a fact, and when. `is_dated`: the source said when, and it is not only when we received it.

    One that `restates` replaces what the same source said before with the same moment: a file shows a record as it is
    now, though the only moment in it is that of its capture.
    """

    system: str
    at: datetime
    by: int | None = None
    is_dated: bool = True
    restates: bool = False

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> "Statement":
        """A statement as `Lead.provenance` keeps it."""
        return cls(entry["system"], datetime.fromisoformat(entry["at"]), entry["by"])

    @cached_property
    def entry(self) -> dict[str, Any]:
        """As `Lead.provenance` keeps it; one for all facts of a statement, so nobody changes it."""
        return {"system": self.system, "at": self.at.isoformat(), "by": self.by}


class Precedence:
    """The rules in force, read once for a batch, and only if two sources differ."""

    def wins(self, fact: str, new: tuple[Statement, Any], stored: tuple[Statement, Any]) -> bool:
        """The new statement takes the place of the stored one."""
        statement, earlier = new[0], stored[0]
        if statement.restates and (statement.system, statement.at) == (earlier.system, earlier.at):
            return True
        return self._key(fact, *new) > self._key(fact, *stored)

    def order_of(self, system: str) -> tuple[int, bool, str]:
        """For sorting: the strongest source first, and one without a name last."""
        return self._place("", system)[0], not system, system

    def outranks_people(self, fact: str, system: str) -> bool:
        """Its values stay against those of a person."""
        return self._final(*self._place(fact, system)) < self._final(*self._place(fact, PERSON))

    def _key(self, fact: str, statement: Statement, value: Any) -> Key:
        place, is_final = self._place(fact, statement.system)
        spelled = json.dumps(value, sort_keys=True, default=str)
        return -self._final(place, is_final), statement.at, -place, statement.system, spelled, statement.by or 0

    def _final(self, place: int, is_final: bool) -> int:
        return place if is_final else UNRANKED

    def _place(self, fact: str, system: str) -> tuple[int, bool]:
        ranks = self._ranks.get(fact) or self._ranks.get("", {})
        # Without a place in the order a person is above all: nobody wants a sync to undo what they corrected.
        return ranks.get(system, (0, True) if system == PERSON else (UNRANKED, False))

    @cached_property
    def _ranks(self) -> Mapping[str, Mapping[str, tuple[int, bool]]]:
        return _by_fact(SourceRank.objects.all())


def _by_fact(ranks: Iterable[SourceRank]) -> dict[str, dict[str, tuple[int, bool]]]:
    grouped: dict[str, dict[str, tuple[int, bool]]] = {}
    for rank in ranks:
        grouped.setdefault(rank.fact, {})[rank.system] = (rank.position, rank.is_final)
    return grouped
