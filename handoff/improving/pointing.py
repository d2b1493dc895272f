"""From the reasons of rejections to criteria: which criterion let them through, and what none asks for."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from handoff.improving.replay import HOLDS, UNSURE
from leads.conditions import Condition
from leads.models import Reason


class Pointing(NamedTuple):
    """Rejections that stand alike."""

    reason_id: int
    wrong_field: str
    """The detail that was wrong, as sales has said; empty for other reasons."""
    letters: str
    """How each criterion stood at the handoff."""
    rejected: int


@dataclass(frozen=True)
class Let:
    """A criterion in force, beside the rejections that are looked into."""

    condition: Condition
    met: int = 0
    """Rejected although they met it."""
    about: int = 0
    """Those of them whose rejection speaks of what it asks for: these it let through."""
    wrong: int = 0
    """Rejected because the very fact that it asks for was wrong."""
    unknown: int = 0
    reasons: Mapping[int, int] = field(default_factory=dict)
    """By the id of the reason, how many of those that it let through."""


@dataclass(frozen=True)
class Unasked:
    """A fact of which rejections speak, and for which no criterion asks."""

    name: str
    rejected: int
    reasons: Mapping[int, int]


@dataclass(frozen=True)
class Pointed:
    """What rejections say of criteria."""

    criteria: Sequence[Condition]
    rejections: Iterable[Pointing]

    @cached_property
    def _about(self) -> dict[int, Reason]:
        return Reason.objects.in_bulk({each.reason_id for each in self.rejections})

    def fields(self, each: Pointing) -> list[str]:
        return self._about[each.reason_id].about(each.wrong_field)

    @property
    def unmapped(self) -> int:
        return sum(each.rejected for each in self.rejections if not self.fields(each))

    def let_through(self) -> list[Let]:
        """Of each criterion in force: the one that let the most through first."""
        let = [self._let(n, each) for n, each in enumerate(self.criteria)]
        return sorted(let, key=lambda each: -each.about)

    def unasked(self) -> list[Unasked]:
        asked, by_field = {each["field"] for each in self.criteria}, dict[str, Counter[int]]()
        for each in self.rejections:
            for name in set(self.fields(each)) - asked:
                by_field.setdefault(name, Counter())[each.reason_id] += each.rejected
        unasked = [Unasked(name, reasons.total(), _fullest_first(reasons)) for name, reasons in by_field.items()]
        return sorted(unasked, key=lambda each: (-each.rejected, each.name))

    def _let(self, place: int, criterion: Condition) -> Let:
        met = wrong = unknown = 0
        reasons: Counter[int] = Counter()
        for each in self.rejections:
            letter = each.letters[place]
            wrong += each.rejected if each.wrong_field == criterion["field"] else 0
            unknown += each.rejected if letter == UNSURE else 0
            if letter == HOLDS:
                met += each.rejected
                reasons[each.reason_id] += each.rejected if criterion["field"] in self.fields(each) else 0
        return Let(criterion, met, reasons.total(), wrong, unknown, _fullest_first(+reasons))


def _fullest_first(reasons: Counter[int]) -> dict[int, int]:
    return dict(sorted(reasons.items(), key=lambda each: (-each[1], each[0])))
