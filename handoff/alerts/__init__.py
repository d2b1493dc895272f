"""Telling people: what must be told is written with its cause, and sent afterwards."""

from handoff.alerts.outbox import (
    announce_act,
    announce_notice,
    announce_stranded,
    deliver,
    deliver_notices,
    fire_alarms,
    resend,
)

__all__ = [
    "announce_act",
    "announce_notice",
    "announce_stranded",
    "deliver",
    "deliver_notices",
    "fire_alarms",
    "resend",
]
