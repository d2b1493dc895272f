"""What a draft of a definition would have done to the handoffs on record. Nothing is written, and nothing is locked.

Each lead is judged as it was at its handoff, by what was frozen then; what cannot be known of then is said.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from handoff.improving import frozen
from handoff.improving.cases import Filter, cases
from handoff.improving.intervals import Share
from handoff.improving.reading import reading_much
from handoff.models import Decision
from leads.conditions import Condition, in_words, is_hidden, where
from leads.conditions.fragments import Sql, compose
from leads.models import Reason
from leads.sql import load


class Verdict(StrEnum):
    """What the draft would have said of a lead."""

    PASS = "pass"  # noqa: S105 nobody logs in with it
    FAIL = "fail"
    UNKNOWN = "unknown"


VERDICTS = {
    Verdict.PASS: "Would pass",
    Verdict.FAIL: "Would fail",
    Verdict.UNKNOWN: "Cannot be known",
}
RESTRICTED = "a restricted condition"
HOLDS, FAILS, UNSURE = "p", "f", "u"
"""How a single criterion stands, as `pattern` spells it: one letter for each, in their order."""


@dataclass
class Outcomes:
    """What became of some handoffs."""

    handoffs: int = 0
    decided: int = 0
    accepted: int = 0
    rejected: int = 0
    """Also after they were accepted."""
    won: int = 0
    amount: dict[str, Decimal] = field(default_factory=dict)
    """What was won, by currency; currencies are never added up."""
    reasons: Counter[int] = field(default_factory=Counter)
    """By the id of the reason."""

    @property
    def acceptance(self) -> Share:
        return Share(self.accepted, self.decided)

    @property
    def win_rate(self) -> Share:
        return Share(self.won, self.decided)

    @property
    def won_amount(self) -> dict[str, str]:
        return {currency: f"{amount:.2f}" for currency, amount in sorted(self.amount.items())}

    def add(self, row: "Row") -> None:
        n = row.handoffs
        self.handoffs += n
        self.decided += n if row.decision else 0
        self.accepted += n if row.decision == Decision.ACCEPTED else 0
        self.rejected += n if row.reason_id else 0
        self.won += n if row.is_won else 0
        if row.reason_id and n:
            self.reasons[row.reason_id] += n
        if row.amount is not None:
            self.amount[row.currency] = self.amount.get(row.currency, Decimal(0)) + row.amount

    def as_dict(self, codes: Mapping[int, str]) -> dict[str, Any]:
        reasons = {codes[pk]: n for pk, n in self.reasons.most_common()}
        return {
            "handoffs": self.handoffs,
            "decided": self.decided,
            "accepted": self.accepted,
            "acceptance": self.acceptance.as_dict(),
            "rejected": self.rejected,
            "reasons": reasons,
            "won": self.won,
            "win_rate": self.win_rate.as_dict(),
            "won_amount": self.won_amount,
        }


Group = dict[Verdict, Outcomes]


def _group() -> Group:
    return {verdict: Outcomes() for verdict in Verdict}


@dataclass
class Replay:
    """The outcomes by verdict: of all, by campaign and by source; and how each criterion stood."""

    criteria: Sequence[Condition]
    all: Outcomes = field(default_factory=Outcomes)
    verdicts: Group = field(default_factory=_group)
    campaigns: dict[str, Group] = field(default_factory=dict)
    sources: dict[str, Group] = field(default_factory=dict)
    failing: Counter[int] = field(default_factory=Counter)
    """By the place of a criterion, the handoffs that it would have stopped, whatever else would have."""
    unsure: Counter[int] = field(default_factory=Counter)

    def as_dict(self, roles: Collection[str] | None = None) -> dict[str, Any]:
        """As programs of somebody with these roles read it."""
        codes = dict(Reason.objects.values_list("pk", "code"))
        return {
            "all": self.all.as_dict(codes),
            **_as_dict(self.verdicts, codes),
            "criteria": [
                {"criterion": spelled(each, roles), "would_stop": self.failing[n], "cannot_be_known": self.unsure[n]}
                for n, each in enumerate(self.criteria)
            ],
            "campaigns": {name: _as_dict(group, codes) for name, group in self.campaigns.items()},
            "sources": {name: _as_dict(group, codes) for name, group in self.sources.items()},
        }


class Row(NamedTuple):
    """How many handoffs stand alike. The same of two periods only add up."""

    pattern: str
    campaign: str | None
    source: str | None
    """Neither where it is of all."""
    decision: str
    reason_id: int | None
    is_won: bool
    currency: str
    handoffs: int
    amount: Decimal | None


def replay(criteria: Sequence[Condition], chosen: Filter | None = None) -> Replay:
    """Judge every handoff that is asked for by these criteria, in one statement."""
    return gathered(criteria, counted(criteria, chosen or Filter()))


def gathered(criteria: Sequence[Condition], rows: Iterable[Row]) -> Replay:
    """What was counted, by verdict, campaign, source and criterion."""
    replayed = Replay(criteria)
    for row in rows:
        verdict = verdict_of(row.pattern)
        if row.campaign is not None:
            replayed.campaigns.setdefault(row.campaign, _group())[verdict].add(row)
        elif row.source is not None:
            replayed.sources.setdefault(row.source, _group())[verdict].add(row)
        else:
            _add(replayed, row, verdict)
    replayed.campaigns, replayed.sources = _fullest_first(replayed.campaigns), _fullest_first(replayed.sources)
    return replayed


def _add(replayed: Replay, row: Row, verdict: Verdict) -> None:
    replayed.all.add(row)
    replayed.verdicts[verdict].add(row)
    for n, letter in enumerate(row.pattern):
        replayed.failing[n] += row.handoffs if letter == FAILS else 0
        replayed.unsure[n] += row.handoffs if letter == UNSURE else 0


def pattern(criteria: Iterable[Condition]) -> Sql:
    """A text with a letter for each criterion, of the row `frozen`."""
    at_handoff = frozen.source()
    letters = []
    for each in criteria:
        text, params = where([each], at_handoff)
        held = compose(f"CASE WHEN {{}} THEN '{HOLDS}' ELSE '{FAILS}' END", Sql(text, tuple(params)))
        letters.append(compose(f"CASE WHEN {{}} THEN {{}} ELSE '{UNSURE}' END", frozen.is_answerable(each), held))
    return compose(" || ".join(["''", *("({})" for _ in letters)]), *letters)


def verdict_of(letters: str) -> Verdict:
    """A lead that one criterion stops is stopped, whatever else is not known of it."""
    if FAILS in letters:
        return Verdict.FAIL
    return Verdict.UNKNOWN if UNSURE in letters else Verdict.PASS


def counted(criteria: Sequence[Condition], chosen: Filter) -> list[Row]:
    """The rows of all, by campaign and by source."""
    counting = compose(load(__package__, "outcomes.sql"), cases(chosen, {"letters": pattern(criteria)}))
    with reading_much() as cursor:
        cursor.execute(counting.text, counting.params)
        return [Row(*row) for row in cursor.fetchall()]


def spelled(condition: Condition, roles: Collection[str] | None) -> str:
    """In words, unless it asks for what somebody with these roles may not see."""
    return RESTRICTED if is_hidden(condition, roles) else in_words(condition)


def _as_dict(group: Group, codes: Mapping[int, str]) -> dict[str, Any]:
    return {verdict.value: outcomes.as_dict(codes) for verdict, outcomes in group.items()}


def _fullest_first(groups: dict[str, Group]) -> dict[str, Group]:
    def handoffs(name: str) -> int:
        return sum(outcomes.handoffs for outcomes in groups[name].values())

    return {name: groups[name] for name in sorted(groups, key=lambda name: (-handoffs(name), name))}
