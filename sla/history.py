"""What the history says the clocks must be: derived from it alone, to compare with what is stored."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from leads.models import State, Transition, Verb
from sla.metrics import RULES, Move
from sla.models import ClockState, Policy
from sla.schedule import outcome, schedule

ANY_TIME = (Verb.TOUCH, Verb.COMMENT)
"""Acts that may be dated before others: they move neither state nor owner."""


@dataclass
class Measurement:
    """One clock as the history tells it."""

    metric: str
    cycle: int
    policy: int
    started_at: datetime
    due_at: datetime | None
    owner: int | None
    stopped_at: datetime | None = None
    stopped_by: int | None = None
    state: str = ClockState.RUNNING


def measurements(acts: Iterable[Transition], policies: dict[int, Policy]) -> list[Measurement]:
    """All clocks of one lead, from its acts. `policies` holds by id at least those that the acts name.

    Acts count in the order in which they happened, so that a touch written down late ends what it ended.
    """
    running: dict[str, Measurement] = {}
    found: list[Measurement] = []
    for act, move in moves(acts):
        for metric in [metric for metric in running if _ends(metric, move)]:
            _stop(running.pop(metric), move, act)
        for measurement in running.values():
            measurement.owner = move.owner
        for metric, policy_id in act.facts.get("policies", {}).items():
            policy = policies[policy_id]
            due_at = schedule(policy, act.at).due_at
            running[metric] = Measurement(metric, move.cycle, policy_id, act.at, due_at, move.owner)
            found.append(running[metric])
    return found


def moves(acts: Iterable[Transition]) -> Iterator[tuple[Transition, Move]]:
    """The acts as moves, in the order in which they happened. What moves no state finds the lead where it stood."""
    state, owner, cycle = str(State.RAW), None, 0
    for act in sorted(acts, key=lambda act: (act.at, act.pk)):
        before = state, owner
        if act.verb not in ANY_TIME:
            state, owner, cycle = act.to_state, act.owner_id, act.cycle
        genuine = act.verb == Verb.TOUCH and not act.facts.get("automatic", False)
        yield act, Move(act.verb, act.at, before[0], state, before[1], owner, cycle, genuine)


def _ends(metric: str, move: Move) -> bool:
    return RULES[metric].stops(move) or RULES[metric].cancels(move)


def _stop(measurement: Measurement, move: Move, act: Transition) -> None:
    measurement.stopped_at, measurement.stopped_by = move.at, act.pk
    cancelled = not RULES[measurement.metric].stops(move)
    measurement.state = outcome(measurement.due_at, move.at, cancelled=cancelled)
