"""Search for the change that would have withheld the most rejected leads and the fewest others.

Single conditions and pairs. What is proposed stands out among all that were tried (see `corrected`), and has shown the
same on the later handoffs, on which it was not chosen.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from handoff.improving.intervals import Z95, Share, corrected, difference
from handoff.improving.masks import Effect, Held, Sets
from leads.conditions import Condition

LEAST_REJECTED = 20
"""With fewer rejections nothing is searched."""
LEAST_WITHHELD = 10
"""A change that concerns fewer handoffs of the earlier period is not looked at."""
LEAST_GAIN = 0.05
MOST_PAIRED = 40
MOST_PROPOSED = 5
ALIKE = 0.9
"""A change is not proposed if a better one of as many parts withholds nearly all that it withholds."""


@dataclass(frozen=True)
class Proposal:
    """One change: conditions that would be asked for besides those in force."""

    conditions: tuple[Condition, ...]
    earlier: Effect
    later: Effect
    whole: Effect
    tries: int
    """How many changes were compared before this one stood out."""


@dataclass(frozen=True)
class Searched:
    """What the search came to."""

    proposals: list[Proposal]
    tries: int
    unconfirmed: int
    """Changes that stood out earlier and not later."""


@dataclass(frozen=True)
class _Change:
    """Conditions together, with whom they would have withheld, and of whom that is not known."""

    parts: tuple[Held, ...]
    withheld: int
    unknown: int
    earlier: Effect

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(sorted(held.candidate.condition["field"] for held in self.parts))

    @property
    def rank(self) -> tuple[float, int, str]:
        spelled = json.dumps([held.candidate.condition for held in self.parts], sort_keys=True)
        return -self.earlier.gain, len(self.parts), spelled


class Search:
    """One search over the handoffs that were decided."""

    def __init__(self, sets: Sets) -> None:
        self.sets = sets
        self.earlier, self.later = sets.of_period(is_later=False), sets.of_period(is_later=True)

    def run(self, held: Iterable[Held]) -> Searched:
        singles = sorted(filter(self._is_worth_it, (self._change([each]) for each in held)), key=lambda one: one.rank)
        pairs = [self._change([a.parts[0], b.parts[0]]) for a, b in combinations(_to_pair(singles), 2)]
        changes = [*singles, *filter(self._is_worth_it, pairs)]
        tries = len(singles) + len(pairs)
        standing = [each for each in changes if self._stands_out(each, self.earlier, corrected(tries))]
        confirmed = [each for each in standing if self._stands_out(each, self.later, Z95)]
        proposed = _distinct(_best_by_fields(sorted(confirmed, key=lambda one: one.rank)))[:MOST_PROPOSED]
        return Searched([self._proposal(each, tries) for each in proposed], tries, len(standing) - len(confirmed))

    def _change(self, parts: Sequence[Held]) -> _Change:
        withheld = unknown = 0
        for held in parts:
            withheld |= held.known & ~held.passes
            unknown |= self.sets.all & ~held.known
        return _Change(tuple(parts), withheld, unknown, Effect.of(self.earlier, withheld, unknown))

    def _is_worth_it(self, change: _Change) -> bool:
        return change.earlier.withheld >= LEAST_WITHHELD and change.earlier.gain > 0

    def _stands_out(self, change: _Change, sets: Sets, z: float) -> bool:
        """Those withheld were accepted less often than those kept. Each part of a pair has to earn its place."""
        effect = Effect.of(sets, change.withheld, change.unknown)
        if effect.gain < LEAST_GAIN or difference(effect.kept, effect.gone, z).low <= 0:
            return False
        return len(change.parts) == 1 or all(self._adds(part, change, sets, z, effect.kept) for part in change.parts)

    @staticmethod
    def _adds(part: Held, change: _Change, sets: Sets, z: float, kept: Share) -> bool:
        others = 0
        for other in change.parts:
            if other is not part:
                others |= other.known & ~other.passes
        alone = change.withheld & ~others
        gone = Share((sets.accepted & alone).bit_count(), (sets.all & alone).bit_count())
        return difference(kept, gone, z).low > 0

    def _proposal(self, change: _Change, tries: int) -> Proposal:
        conditions = tuple(part.candidate.condition for part in change.parts)
        earlier, later, whole = (
            Effect.of(sets, change.withheld, change.unknown) for sets in (self.earlier, self.later, self.sets)
        )
        return Proposal(conditions, earlier, later, whole, tries)


def _to_pair(singles: Sequence[_Change]) -> list[_Change]:
    """The best of each field and operator, the best first: neighbouring thresholds make no other pair."""
    best: dict[tuple[str, str, str], _Change] = {}
    for change in singles:
        condition = change.parts[0].candidate.condition
        value = str(condition["value"]) if condition["op"] == "is_not" else ""
        best.setdefault((condition["field"], condition["op"], value), change)
    return list(best.values())[:MOST_PAIRED]


def _best_by_fields(changes: Sequence[_Change]) -> list[_Change]:
    """The best change of each set of fields: the next threshold is the same proposal again."""
    best: dict[tuple[str, ...], _Change] = {}
    for change in changes:
        best.setdefault(change.fields, change)
    return list(best.values())


def _distinct(changes: Sequence[_Change]) -> list[_Change]:
    """Like a campaign of the source that is left out anyway."""
    distinct: list[_Change] = []
    for change in changes:
        alike = (other for other in distinct if len(other.parts) == len(change.parts))
        if not any(_is_within(change.withheld, other.withheld) for other in alike):
            distinct.append(change)
    return distinct


def _is_within(withheld: int, others: int) -> bool:
    return (withheld & others).bit_count() > ALIKE * withheld.bit_count()
