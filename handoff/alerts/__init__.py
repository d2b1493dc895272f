"""Notifications: each message is written with its cause, and sent afterwards."""

from handoff.alerts.about_review import announce_review
from handoff.alerts.about_signature import announce_signature
from handoff.alerts.audience import IS_NOTIFIED, needs_no_subscription
from handoff.alerts.outbox import (
    announce_act,
    announce_mentions,
    announce_notice,
    announce_stranded,
    deliver,
    deliver_notices,
    fire_alarms,
    keep_delivering,
    resend,
)
from handoff.alerts.withdrawal import called_off_by, send_after_all, withdraw, withdraw_act

__all__ = [
    "IS_NOTIFIED",
    "announce_act",
    "announce_mentions",
    "announce_notice",
    "announce_review",
    "announce_signature",
    "announce_stranded",
    "called_off_by",
    "deliver",
    "deliver_notices",
    "fire_alarms",
    "keep_delivering",
    "needs_no_subscription",
    "resend",
    "send_after_all",
    "withdraw",
    "withdraw_act",
]
