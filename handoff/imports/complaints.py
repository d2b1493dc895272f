"""Refusals and warnings of a whole file, summed up by kind."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from handoff.imports.kind import Result

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

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> "_Kind":
        wordings = Counter({reason: count for reason, count, _ in stored["wordings"]})
        first_rows = {reason: list(rows) for reason, _, rows in stored["wordings"]}
        return cls(list(stored["rows"]), stored["count"], wordings, first_rows)


@dataclass(frozen=True)
class Group:
    """Refusals or warnings of one kind: in words, how many, and the first rows."""

    is_refusal: bool
    words: str
    count: int
    rows: list[int]

    @property
    def field(self) -> str:
        """The field that they are about; empty if they are about the row."""
        return field_of(self.words)


@dataclass
class Complaints:
    """Bounded, however many rows are refused, and for however many reasons."""

    _kinds: dict[tuple[bool, str], _Kind] = field(default_factory=dict)
    count: int = 0

    def add(self, result: Result) -> bool:
        """Add what a row has of them; whether it is one of the first of its kind, which are shown by themselves."""
        if not result.reason:
            return False
        number_of_kind = self.count_in(result.row.number, result.reason, is_refusal=result.outcome == "refused")
        return number_of_kind <= SHOWN_OF_A_KIND

    def count_in(self, number: int, reason: str, *, is_refusal: bool) -> int:
        """Add a row with its reason; how many of its kind there are now."""
        self.count += 1
        kind = _key(reason, is_refusal=is_refusal)
        if kind not in self._kinds and len(self._kinds) >= KINDS:
            kind = (is_refusal, "… for other reasons")
        self._kinds.setdefault(kind, _Kind()).add(number, reason)
        return self._kinds[kind].count

    def groups(self) -> list["Group"]:
        """The kinds of them, the most frequent first."""
        kinds = sorted(self._kinds.items(), key=lambda item: -item[1].count)
        return [
            Group(is_refusal, _words(template, kind), kind.count, kind.rows) for (is_refusal, template), kind in kinds
        ]

    def plain(self) -> list[dict[str, Any]]:
        """The same to be stored, with the most frequent wordings of each kind."""
        return [
            {
                "is_refusal": is_refusal,
                "template": template,
                "count": kind.count,
                "rows": kind.rows,
                "wordings": [
                    [reason, count, kind.first_rows[reason]] for reason, count in kind.wordings.most_common(WORDINGS)
                ],
            }
            for (is_refusal, template), kind in self._kinds.items()
        ]

    @classmethod
    def load(cls, stored: Iterable[Mapping[str, Any]]) -> "Complaints":
        kinds = {(each["is_refusal"], each["template"]): _Kind.load(each) for each in stored}
        return cls(kinds, sum(kind.count for kind in kinds.values()))

    def summary(self) -> Iterator[str]:
        """A line for each kind, the most frequent first: how often, why, and in which rows first."""
        kinds = sorted(self._kinds.items(), key=lambda item: -item[1].count)
        for (is_refusal, template), kind in kinds[:SHOWN]:
            yield from _lines("refused" if is_refusal else "warning", template, kind)
        if len(kinds) > SHOWN:
            rest = sum(kind.count for _, kind in kinds[SHOWN:])
            yield f"{rest} x for {len(kinds) - SHOWN} other reasons"


def field_of(reason: str) -> str:
    """The field that a reason begins with, as in “email: …” and “attributes.budget: …”."""
    match = re.match(r"((?:attributes\.)?[a-z][a-z0-9_]*): ", reason)
    return match[1] if match else ""


def _words(template: str, kind: _Kind) -> str:
    """As it was said, if that was always the same."""
    return next(iter(kind.wordings)) if len(kind.wordings) == 1 else template


def _key(reason: str, *, is_refusal: bool) -> tuple[bool, str]:
    return is_refusal, re.sub(r"“[^”]*”|\d+", "…", reason)


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
