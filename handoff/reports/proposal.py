"""What another policy might say: terms to be tried on the recorded history, and never saved."""

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from leads.models import Transition
from sla.history import Versions, moves
from sla.metrics import RULES, Metric
from sla.models import Calendar, Policy, Step

UNJUDGED = 0
"""The policy, in the facts of a start that no policy judged: no stored one has this id."""
_ABOUT_CLOCKS = ("policies", "restarted", "reevaluated", "calendars")


class NothingToCountBy(Exception):
    """No policy of the metric is in force, and no calendar is proposed."""


@dataclass(frozen=True)
class Proposal:
    """What is to be tried. Empty terms are those by which each clock ran."""

    metric: Metric
    target_seconds: int | None = None
    calendar: Calendar | None = None
    ladder: Sequence[Step] | None = None
    """Steps that are not stored, numbered from 1."""

    def of(self, policy: Policy) -> Policy:
        """A policy with what is proposed, to be counted by and never saved."""
        tried = copy.copy(policy)
        tried.target_seconds = self.target_seconds or policy.target_seconds
        tried.calendar = self.calendar or policy.calendar
        tried.ladder = policy.ladder if self.ladder is None else self.ladder
        return tried


def ladder(warn: Iterable[int] = (), escalate: Iterable[int] = ()) -> list[Step]:
    """Steps to propose: warnings at a per cent of the target, the breach, escalations some seconds after it."""
    places = [
        *((percent, 0) for percent in sorted(set(warn))),
        (100, 0),
        *((100, after) for after in sorted(set(escalate))),
    ]
    return [Step(pk=pk, percent=percent, after_seconds=after) for pk, (percent, after) in enumerate(places, 1)]


class ProposedVersions(Versions):
    """The versions that acts name, each with what is proposed in its place."""

    def __init__(self, proposal: Proposal) -> None:
        super().__init__()
        self.proposal = proposal
        self.tried: dict[int, Policy] = {}

    def policy(self, policy_id: int) -> Policy:
        if policy_id not in self.tried:
            judged_by = self._in_force() if policy_id == UNJUDGED else super().policy(policy_id)
            self.tried[policy_id] = self.proposal.of(judged_by)
        return self.tried[policy_id]

    def calendar(self, calendar_id: int) -> Calendar:
        return self.proposal.calendar or super().calendar(calendar_id)

    def _in_force(self) -> Policy:
        """What a start without a clock is counted by: the first policy in force, else what is proposed alone."""
        metric, calendar = self.proposal.metric, self.proposal.calendar
        policy = Policy.objects.filter(metric=metric, retired_at=None).select_related("calendar").first()
        if policy is not None:
            return policy
        if calendar is None or not self.proposal.target_seconds:
            raise NothingToCountBy(f"No policy for “{metric.label}” is in force: propose a target and a calendar.")
        policy = Policy(metric=metric, target_seconds=self.proposal.target_seconds, calendar=calendar)
        policy.ladder = ladder()
        return policy


def keep_only(metric: str, acts: Iterable[Transition]) -> None:
    """Leave of what acts say of clocks, in memory alone, what is about this metric."""
    for act in acts:
        about = {name: act.facts.get(name, {}) for name in _ABOUT_CLOCKS}
        act.facts = _of_other_things(act) | {
            name: {metric: chosen[metric]} for name, chosen in about.items() if metric in chosen
        }


def start_at_each(metric: str, acts: Iterable[Transition]) -> None:
    """Let acts say, in memory alone, that each start of this metric ran a clock, and no other did."""
    is_running = False
    for act, move in moves(acts):
        act.facts = _of_other_things(act)
        is_running = is_running and not move.ends(metric)
        if not is_running and RULES[metric].starts(move):
            is_running = True
            act.facts["policies"] = {metric: UNJUDGED}


def _of_other_things(act: Transition) -> dict[str, Any]:
    return {name: about for name, about in act.facts.items() if name not in _ABOUT_CLOCKS}
