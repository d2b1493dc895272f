"""The nouns of the agreement."""

from sla.models.calendar import Calendar, Holiday, OwnerHours
from sla.models.clock import Alarm, Clock, ClockState, PendingAlarm
from sla.models.policy import (
    OnReassign,
    Policy,
    Step,
    StepAction,
    StepKind,
    WhoseHours,
)

__all__ = [
    "Alarm",
    "Calendar",
    "Clock",
    "ClockState",
    "Holiday",
    "OnReassign",
    "OwnerHours",
    "PendingAlarm",
    "Policy",
    "Step",
    "StepAction",
    "StepKind",
    "WhoseHours",
]
