"""What a simulation shows: outcomes, whom alarms would have reached, and the load of each rep."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from handoff.reports.proposal import Proposal


class Replayed(StrEnum):
    """What is replayed: the clocks that were recorded, or each start that the history of the leads holds."""

    CLOCKS = "clocks"
    STARTS = "starts"


@dataclass
class Outcomes:
    """How clocks ended, or their status now: each is in one of these. Overdue is among breached, or excused."""

    met: int = 0
    breached: int = 0
    excused: int = 0
    cancelled: int = 0
    running: int = 0

    @property
    def attainment(self) -> float | None:
        judged = self.met + self.breached
        return self.met / judged if judged else None

    def count(self, name: str) -> None:
        setattr(self, name, getattr(self, name) + 1)


@dataclass(frozen=True)
class Notified:
    """To whom how many alarms of each kind would have gone."""

    audience: str
    who: str
    warnings: int = 0
    breaches: int = 0
    escalations: int = 0

    @property
    def total(self) -> int:
        return self.warnings + self.breaches + self.escalations


@dataclass(frozen=True)
class Load:
    """What would have come to one rep within an hour of their wall clock: of the hours in which anything did."""

    who: str
    deadlines: int
    deadlines_p90: float
    deadlines_most: int
    alarms: int
    alarms_p90: float
    alarms_most: int
    busiest: str
    """The local hour with the most of both."""

    @property
    def of_deadlines(self) -> tuple[int, float, int]:
        return self.deadlines, self.deadlines_p90, self.deadlines_most

    @property
    def of_alarms(self) -> tuple[int, float, int]:
        return self.alarms, self.alarms_p90, self.alarms_most


@dataclass
class Simulation:
    """What would have been, beside what was recorded of the same clocks."""

    proposal: Proposal
    replayed: Replayed
    proposed: Outcomes = field(default_factory=Outcomes)
    recorded: Outcomes | None = None
    newly_met: int = 0
    newly_missed: int = 0
    uncounted: int = 0
    """Clocks whose deadline cannot be computed, or whose pause has no end yet."""
    notified: list[Notified] = field(default_factory=list)
    load: list[Load] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(asdict(self.proposed).values())


def as_dict(simulation: Simulation) -> dict[str, Any]:
    """A simulation as programs read it."""
    proposal = simulation.proposal
    return {
        "metric": proposal.metric.value,
        "target_seconds": proposal.target_seconds,
        "calendar": proposal.calendar and proposal.calendar.key,
        "ladder": proposal.ladder and [[step.percent, step.after_seconds] for step in proposal.ladder],
        "replayed": simulation.replayed.value,
        "proposed": _with_share(simulation.proposed),
        "recorded": simulation.recorded and _with_share(simulation.recorded),
        "newly_met": simulation.newly_met,
        "newly_missed": simulation.newly_missed,
        "uncounted": simulation.uncounted,
        "notified": [asdict(row) for row in simulation.notified],
        "load": [asdict(row) for row in simulation.load],
    }


def _with_share(outcomes: Outcomes) -> dict[str, Any]:
    return {"attainment": outcomes.attainment, **asdict(outcomes)}
