"""The nouns of the agreement."""

from sla.models.calendar import Calendar, Holiday, OwnerHours
from sla.models.clock import Alarm, Clock, ClockState, PendingAlarm
from sla.models.policy import (
    Audience,
    Deed,
    Destination,
    Medium,
    OnReassign,
    Policy,
    Step,
    StepKind,
    WhoseHours,
)

__all__ = [
    "Alarm",
    "Audience",
    "Calendar",
    "Clock",
    "ClockState",
    "Deed",
    "Destination",
    "Holiday",
    "Medium",
    "OnReassign",
    "OwnerHours",
    "PendingAlarm",
    "Policy",
    "Step",
    "StepKind",
    "WhoseHours",
]
