"""Handoffs as the bits of whole numbers: a set of a million is one number, and an intersection one operation."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from handoff.improving.axes import LETTER, UNKNOWN, Candidate
from handoff.improving.intervals import Share

REJECTED, ACCEPTED, WON, LATER = 1, 2, 4, 8
"""The flags that make the letter of what became of a handoff."""


def mask(letters: bytes, wanted: Collection[int]) -> int:
    """The handoffs whose letter is among those wanted."""
    table = bytes(ord("1") if code - LETTER in wanted else ord("0") for code in range(256))
    return int(letters.translate(table) or b"0", 2)


@dataclass(frozen=True)
class Sets:
    """What became of the handoffs that were decided."""

    all: int
    rejected: int
    accepted: int
    won: int
    later: int
    """Offered in the later period, on which nothing is fitted."""

    @classmethod
    def of(cls, letters: bytes) -> "Sets":
        def flagged(flag: int) -> int:
            return mask(letters, [code for code in range(16) if code & flag])

        return cls(mask(letters, range(16)), flagged(REJECTED), flagged(ACCEPTED), flagged(WON), flagged(LATER))

    def of_period(self, *, is_later: bool) -> "Sets":
        period = self.later if is_later else self.all & ~self.later
        return Sets(
            self.all & period, self.rejected & period, self.accepted & period, self.won & period, self.later & period
        )


@dataclass(frozen=True)
class Held:
    """For which handoffs a condition held, and of which that is known."""

    candidate: Candidate
    passes: int
    known: int

    @classmethod
    def of(cls, candidate: Candidate, letters: bytes) -> "Held":
        return next(cls.of_all([candidate], letters))

    @classmethod
    def of_all(cls, candidates: Iterable[Candidate], letters: bytes) -> "Iterator[Held]":
        """Those of one axis. Of whom it is known is the same for all."""
        known = mask(letters, range(UNKNOWN + 1, 64))
        for candidate in candidates:
            yield cls(candidate, mask(letters, candidate.holds), known)


@dataclass(frozen=True)
class Effect:
    """What a change would have withheld, of how many, in a period."""

    decided: int
    withheld: int
    rejected: int
    rejected_withheld: int
    accepted: int
    accepted_withheld: int
    won: int
    won_withheld: int
    unknown: int

    @classmethod
    def of(cls, sets: Sets, withheld: int, unknown: int) -> "Effect":
        """Of those of whom it is known: the others are neither kept nor withheld."""
        seen = withheld | ~unknown
        return cls(
            decided=(sets.all & seen).bit_count(),
            withheld=(sets.all & withheld).bit_count(),
            rejected=(sets.rejected & seen).bit_count(),
            rejected_withheld=(sets.rejected & withheld).bit_count(),
            accepted=(sets.accepted & seen).bit_count(),
            accepted_withheld=(sets.accepted & withheld).bit_count(),
            won=(sets.won & seen).bit_count(),
            won_withheld=(sets.won & withheld).bit_count(),
            unknown=(sets.all & ~seen).bit_count(),
        )

    @property
    def acceptance(self) -> Share:
        return Share(self.accepted, self.decided)

    @property
    def kept(self) -> Share:
        """Acceptance of those that would still have been handed over."""
        return Share(self.accepted - self.accepted_withheld, self.decided - self.withheld)

    @property
    def gone(self) -> Share:
        """Acceptance of those that would have been withheld."""
        return Share(self.accepted_withheld, self.withheld)

    @property
    def gain(self) -> float:
        """The share of the rejected that is withheld, less that of the accepted or of the won, whichever is more."""
        lost = max(_share(self.accepted_withheld, self.accepted), _share(self.won_withheld, self.won))
        return _share(self.rejected_withheld, self.rejected) - lost


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
