"""What follows from a start and a stop: when a clock is due, when its alarms fire, and how it ended."""

from dataclasses import dataclass
from datetime import datetime

from sla.business_time import NeverOpen
from sla.models import ClockState, Policy


def outcome(due_at: datetime | None, stopped_at: datetime, *, cancelled: bool) -> ClockState:
    """How a stopped clock ended: a fact of the times. One that is cancelled after its breach stays breached."""
    if due_at is not None and stopped_at > due_at:
        return ClockState.BREACHED
    return ClockState.CANCELLED if cancelled or due_at is None else ClockState.MET


@dataclass(frozen=True)
class Schedule:
    """When a clock is due, and when each step of its ladder fires. Without a due time there is an error."""

    due_at: datetime | None
    alarms: tuple[tuple[int, datetime], ...] = ()
    error: str = ""


def schedule(policy: Policy, started_at: datetime) -> Schedule:
    """Compute all instants of a clock. A calendar that cannot be computed sets the clock aside, and nothing else."""
    try:
        hours = policy.calendar.hours
        due_at = hours.add(started_at, policy.target_seconds)
        alarms = tuple(
            (step.pk, hours.add(started_at, step.seconds(policy.target_seconds))) for step in policy.steps.all()
        )
    except (NeverOpen, ValueError) as error:
        return Schedule(None, error=f"{policy.calendar}: {error}")
    return Schedule(due_at, alarms)
