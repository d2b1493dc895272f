"""Refusals and warnings of a whole file, summed up by kind."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from handoff.imports.kind import Outcome, Result

FIRST_ROWS = 5  # numbers that stand for all rows of a kind
KINDS, WORDINGS = 200, 20  # that are told apart, and that one kind shows at most
SHOWN = 10  # kinds in a summary
SHOWN_OF_A_KIND = 3  # rows


@dataclass
class _Kind:
    """Complaints that differ in nothing but the values that they quote."""

    rows: list[int] = field(default_factory=list)
    count: int = 0
    wordings: Counter[str] = field(default_factory=Counter)
    first_rows: dict[str, list[int]] = field(default_factory=dict)

    def add(self, number: int, reason: str) -> None:
        self.count += 1
        if len(self.rows) < FIRST_ROWS:
            self.rows.append(number)
        if reason in self.wordings or len(self.wordings) < KINDS:
            self.wordings[reason] += 1
            of_wording = self.first_rows.setdefault(reason, [])
            if len(of_wording) < FIRST_ROWS:
                of_wording.append(number)


@dataclass
class Complaints:
    """Bounded, however many rows are refused, and for however many reasons."""

    _kinds: dict[tuple[bool, str], _Kind] = field(default_factory=dict)
    count: int = 0

    def add(self, result: Result) -> bool:
        """Add what a row has of them; whether it is one of the first of its kind, which are shown by themselves."""
        if not result.reason:
            return False
        self.count += 1
        kind = _key(result.outcome, result.reason)
        if kind not in self._kinds and len(self._kinds) >= KINDS:
            kind = (kind[0], "… for other reasons")
        self._kinds.setdefault(kind, _Kind()).add(result.row.number, result.reason)
        return self._kinds[kind].count <= SHOWN_OF_A_KIND

    def summary(self) -> Iterator[str]:
        """A line for each kind, the most frequent first: how often, why, and in which rows first."""
        kinds = sorted(self._kinds.items(), key=lambda item: -item[1].count)
        for (is_refusal, template), kind in kinds[:SHOWN]:
            yield from _lines("refused" if is_refusal else "warning", template, kind)
        if len(kinds) > SHOWN:
            rest = sum(kind.count for _, kind in kinds[SHOWN:])
            yield f"{rest} x for {len(kinds) - SHOWN} other reasons"


def _key(outcome: Outcome, reason: str) -> tuple[bool, str]:
    return outcome == "refused", re.sub(r"“[^”]*”|\d+", "…", reason)


def _lines(outcome: str, template: str, kind: _Kind) -> Iterator[str]:
    """The same words are summed up word by word; those that quote another value each time, all at once."""
    repeated = [(reason, count) for reason, count in kind.wordings.most_common(WORDINGS) if count > 1]
    if len(kind.wordings) == 1:
        repeated = list(kind.wordings.items())
    for reason, count in repeated:
        yield _line(count, outcome, reason, kind.first_rows[reason])
    single = kind.count - sum(count for _, count in repeated)
    if single:
        summed = {reason for reason, _ in repeated}
        rows = [number for reason, rows in kind.first_rows.items() if reason not in summed for number in rows]
        example = next((reason for reason in kind.wordings if reason not in summed), template)
        yield _line(single, outcome, example if single == 1 else template, rows[:FIRST_ROWS])


def _line(count: int, outcome: str, reason: str, rows: list[int]) -> str:
    more = ", …" if count > len(rows) else ""
    numbers = ", ".join(map(str, rows))
    return f"{count} x {outcome}: {reason} ({'row' if count == 1 else 'rows'} {numbers}{more})"
