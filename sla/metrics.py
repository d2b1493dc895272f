"""What a clock measures: one row of the table in docs/sla.md for each metric."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import models

from leads.models import State, Verb

IN_SALES = (State.MQL, State.SAL, State.SQL)
IN_WORK = (State.SAL, State.SQL)


class Metric(models.TextChoices):
    TIME_TO_ASSIGN = "time_to_assign", "Time to assign"
    TIME_TO_ACCEPT = "time_to_accept", "Time to accept"
    TIME_TO_TOUCH = "time_to_touch", "Time to touch"
    SPEED_TO_LEAD = "speed_to_lead", "Speed to lead"
    TIME_TO_NEXT_TOUCH = "time_to_next_touch", "Time to next touch"
    TIME_TO_QUALIFY = "time_to_qualify", "Time to qualify"
    TIME_TO_CONVERT = "time_to_convert", "Time to convert"
    TIME_TO_ANSWER = "time_to_answer", "Time to answer"
    TIME_TO_DECIDE = "time_to_decide", "Time to decide"


class Party(models.TextChoices):
    """Who owes what a clock measures."""

    SALES = "sales", "Sales"
    MARKETING = "marketing", "Marketing"
    REVOPS = "revops", "RevOps"
    ARBITER = "arbiter", "The arbiter"


@dataclass(frozen=True)
class Move:
    """One act on a lead, as far as clocks care: where it stood, where it stands, who owned it, who owns it."""

    verb: str
    at: datetime
    from_state: str
    to_state: str
    owner_before: int | None
    owner: int | None
    cycle: int
    genuine_touch: bool = False

    def enters(self, *states: str) -> bool:
        """It comes into one of these states from outside them, or afresh."""
        return self.to_state in states and self.from_state not in states

    def leaves(self, state: str) -> bool:
        return self.from_state == state and self.to_state != state

    def moves_state(self) -> bool:
        return self.from_state != self.to_state

    def changes_owner(self) -> bool:
        """Somebody owns it who did not before."""
        return self.owner is not None and self.owner != self.owner_before

    def hands_over(self) -> bool:
        """What is still open is owed by its owner and team from now on; they may be those of before."""
        return self.verb == Verb.ASSIGN or self.owner != self.owner_before

    def ends(self, metric: str) -> bool:
        """A clock of this metric that runs has nothing more to measure."""
        return RULES[metric].stops(self) or RULES[metric].cancels(self)


@dataclass(frozen=True)
class Rule:
    """When a clock of a metric starts, when it stops, when there is nothing left to measure, and which side owes it."""

    owed_by: Party
    starts: Callable[[Move], bool]
    stops: Callable[[Move], bool]
    cancels: Callable[[Move], bool] = lambda move: move.verb == Verb.MERGE


RULES: dict[str, Rule] = {
    Metric.TIME_TO_ASSIGN: Rule(
        Party.REVOPS,
        starts=lambda move: (
            move.to_state == State.MQL
            and move.owner is None
            and (move.from_state != State.MQL or move.owner_before is not None)
        ),
        stops=lambda move: move.owner is not None or move.leaves(State.MQL),
    ),
    Metric.TIME_TO_ACCEPT: Rule(
        Party.SALES,
        starts=lambda move: (
            move.to_state == State.MQL
            and move.owner is not None
            and (move.from_state != State.MQL or move.owner_before is None)
        ),
        stops=lambda move: move.leaves(State.MQL),
        cancels=lambda move: move.verb == Verb.MERGE or (move.verb == Verb.ASSIGN and move.owner is None),
    ),
    Metric.TIME_TO_TOUCH: Rule(
        Party.SALES,
        starts=lambda move: move.enters(State.SAL),
        stops=lambda move: move.genuine_touch or move.leaves(State.SAL),
    ),
    Metric.SPEED_TO_LEAD: Rule(
        Party.SALES,
        starts=lambda move: move.enters(State.MQL),
        stops=lambda move: move.genuine_touch or move.to_state == State.REJECTED,
    ),
    Metric.TIME_TO_NEXT_TOUCH: Rule(
        Party.SALES,
        starts=lambda move: move.genuine_touch and move.to_state in IN_WORK,
        stops=lambda move: move.genuine_touch or move.to_state not in IN_WORK,
    ),
    Metric.TIME_TO_QUALIFY: Rule(
        Party.SALES,
        starts=lambda move: move.enters(State.SAL),
        stops=lambda move: move.leaves(State.SAL),
    ),
    Metric.TIME_TO_CONVERT: Rule(
        Party.SALES,
        starts=lambda move: move.enters(State.SQL),
        stops=lambda move: move.leaves(State.SQL),
    ),
    Metric.TIME_TO_ANSWER: Rule(
        Party.MARKETING,
        starts=lambda move: move.enters(State.REJECTED) and move.from_state in IN_SALES,
        stops=lambda move: move.verb in (Verb.ANSWER, Verb.DISPUTE) or move.leaves(State.REJECTED),
    ),
    Metric.TIME_TO_DECIDE: Rule(
        Party.ARBITER,
        starts=lambda move: move.verb == Verb.DISPUTE,
        stops=lambda move: move.verb in (Verb.OVERTURN, Verb.UPHOLD) or move.leaves(State.REJECTED),
    ),
}
