"""The nouns of the agreement."""

from sla.models.calendar import Calendar, Holiday, OwnerHours
from sla.models.clock import Alarm, Clock, ClockState, PendingAlarm
from sla.models.policy import (
    Audience,
    Destination,
    Medium,
    OnReassign,
    Policy,
    Step,
    StepAction,
    StepKind,
    WhoseHours,
)

__all__ = [
    "Alarm",
    "Audience",
    "Calendar",
    "Clock",
    "ClockState",
    "Destination",
    "Holiday",
    "Medium",
    "OnReassign",
    "OwnerHours",
    "PendingAlarm",
    "Policy",
    "Step",
    "StepAction",
    "StepKind",
    "WhoseHours",
]
