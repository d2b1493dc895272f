"""The nouns of the agreement."""

from sla.models.calendar import Calendar, Holiday
from sla.models.clock import Alarm, Clock, ClockState, PendingAlarm
from sla.models.policy import Audience, Destination, Medium, Policy, Step, StepKind

__all__ = [
    "Alarm",
    "Audience",
    "Calendar",
    "Clock",
    "ClockState",
    "Destination",
    "Holiday",
    "Medium",
    "PendingAlarm",
    "Policy",
    "Step",
    "StepKind",
]
