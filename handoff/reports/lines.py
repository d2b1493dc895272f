"""The figures of the scorecard: each is a share of things in one list, and says which side answers for it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from handoff.models import Tier
from handoff.reports.kinds import Kind
from handoff.reports.report import Column
from sla.metrics import RULES, Metric, Party

HANDOFFS, ACTIONS, CLOCKS, REJECTIONS = "handoffs", "actions", "clocks", "rejections"
SIDES = {Party.MARKETING: "Marketing", Party.SALES: "Sales", Party.REVOPS: "RevOps", Party.ARBITER: "The arbiter"}
BOTH = "Disputes"


@dataclass(frozen=True)
class Line:
    """One figure. In its SQL are the columns of its list."""

    name: str
    label: str
    side: str
    definition: str
    list: str
    count: str
    """Which things count."""
    of: str = ""
    """Of which things; empty for a plain number."""
    counted: str = ""
    """What those are called that count, in small print."""
    missed: str = ""
    """What the others are called."""
    excused: str = ""
    """Which things stand beside it, neither counted nor missed."""
    has_goal: bool = False

    @property
    def conditions(self) -> Iterator[tuple[str, str]]:
        """Its columns that count things, with the SQL of each."""
        yield self.name, self.count
        if self.of:
            yield f"{self.name}_missed", f"({self.of}) AND NOT ({self.count})"
        if self.excused:
            yield f"{self.name}_excused", self.excused

    @property
    def columns(self) -> Iterator[Column]:
        if not self.of:
            yield Column(self.name, self.label, self.definition, group=self.side)
        else:
            yield from self._parts()
        if self.has_goal:
            definition = "The goal of the month or quarter that is asked for, in all rows together; empty without one."
            below = f"{self.name}_rate" if self.of else self.name
            yield Column(f"{self.name}_goal", "Goal", definition, Kind.GOAL, self.side, below)

    def _parts(self) -> Iterator[Column]:
        rate, of = f"{self.name}_rate", self.label[0].lower() + self.label[1:]
        yield Column(rate, self.label, f"{self.definition} Empty where there is none.", Kind.SHARE, self.side)
        yield Column(self.name, self.counted, f"Of “{of}”, those that count.", group=self.side, below=rate)
        yield Column(f"{self.name}_missed", self.missed, f"Of “{of}”, the others.", group=self.side, below=rate)
        if self.excused:
            definition = f"Of “{of}”, breaches that were excused with a reason: they are in neither of the two."
            yield Column(f"{self.name}_excused", "Excused", definition, group=self.side, below=rate)


def _promise(metric: Metric) -> Line:
    return Line(
        name=metric.value,
        label=f"{metric.label}, kept",
        side=SIDES[RULES[metric].owed_by],
        definition="Clocks met / (met + breached) that ended in the period, or run and are due in it.",
        list=CLOCKS,
        count=f"metric = '{metric.value}' AND outcome = 'met'",
        of=f"metric = '{metric.value}' AND outcome IN ('met', 'breached')",
        counted="Met",
        missed="Breached",
        excused=f"metric = '{metric.value}' AND outcome = 'excused'",
    )


def _actions(tier: Tier) -> Line:
    return Line(
        name=f"actions_{tier.value.lower()}",
        label=f"Required actions, tier {tier.label}",
        side=SIDES[Party.SALES],
        definition="Touches by a person that sales owes for the handoffs of the period it has accepted: those done.",
        list=ACTIONS,
        count=f"tier = '{tier.value}' AND done",
        of=f"tier = '{tier.value}'",
        counted="Done",
        missed="Not done",
    )


_MARKETING, _SALES = SIDES[Party.MARKETING], SIDES[Party.SALES]
_DECIDED = "decided"
_PROMISES: Mapping[str, Sequence[Line]] = {
    side: [_promise(metric) for metric in Metric if RULES[metric].owed_by == party] for party, side in SIDES.items()
}
LINES: Sequence[Line] = [
    Line(
        "delivered",
        "Delivered",
        _MARKETING,
        "Handoffs that marketing offered to sales.",
        HANDOFFS,
        "true",
        has_goal=True,
    ),
    Line(
        "accepted",
        "Accepted",
        _MARKETING,
        "Handoffs that sales has accepted, of those it has decided on.",
        HANDOFFS,
        "accepted",
        _DECIDED,
        "Accepted",
        "Not accepted",
        has_goal=True,
    ),
    Line(
        "valid",
        "Valid",
        _MARKETING,
        "Handoffs that do not count against marketing, of those that sales has decided on.",
        HANDOFFS,
        "decided AND NOT against_marketing",
        _DECIDED,
        "Valid",
        "Against marketing",
    ),
    Line(
        "won",
        "Won",
        _MARKETING,
        "Handoffs whose lead has a deal that is won, of all.",
        HANDOFFS,
        "won",
        "true",
        "Won",
        "Not won",
    ),
    *_PROMISES[_MARKETING],
    Line(
        "actions",
        "Required actions",
        _SALES,
        "Touches by a person that sales owes for the handoffs of the period it has accepted: those done.",
        ACTIONS,
        "done",
        "true",
        "Done",
        "Not done",
    ),
    *map(_actions, Tier),
    *_PROMISES[_SALES],
    *_PROMISES[SIDES[Party.REVOPS]],
    Line("rejections", "Rejections", BOTH, "Rejections by sales in the period.", REJECTIONS, "true"),
    Line(
        "disputed",
        "Disputed",
        BOTH,
        "Rejections that marketing has contested, of all.",
        REJECTIONS,
        "disputed",
        "true",
        "Disputed",
        "Not disputed",
    ),
    Line(
        "overturned",
        "Overturned",
        BOTH,
        "Rejections that the arbiter took back, of those decided.",
        REJECTIONS,
        "overturned",
        "dispute_decided",
        "Overturned",
        "Upheld",
    ),
    *_PROMISES[SIDES[Party.ARBITER]],
]
BY_NAME: Mapping[str, Line] = {line.name: line for line in LINES}
OPENS: Mapping[str, str] = {name: line.list for line in LINES for name, _ in line.conditions}
"""The columns that count things, each with its list."""


def counts_of(list_name: str) -> dict[str, str]:
    """The columns of a list, each with the SQL of what it counts."""
    return {name: sql for line in LINES if line.list == list_name for name, sql in line.conditions}


def line_of(column: str) -> Line:
    """The figure of which a column is a part."""
    return BY_NAME[column.removesuffix("_missed").removesuffix("_excused").removesuffix("_rate")]


def column_label(column: str) -> str:
    """Like `Accepted` or `Time to accept, kept: breached`, for a list of single figures."""
    line = line_of(column)
    part = {line.name: line.counted, f"{line.name}_missed": line.missed}.get(column, "Excused")
    return line.label if part in ("", line.label) else f"{line.label}: {part.lower()}"
