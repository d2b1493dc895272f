"""The means of telling: one function per medium, which sends a message to an address or raises TransportError."""

from collections.abc import Callable

from handoff.alerts.channels import email, slack
from handoff.alerts.channels.transport import TransportError
from handoff.alerts.messages import Message
from sla.models import Medium

__all__ = ["CHANNELS", "TransportError"]

CHANNELS: dict[str, Callable[[str, Message], None]] = {
    Medium.EMAIL: email.send,
    Medium.SLACK: slack.post,
    Medium.SLACK_WEBHOOK: slack.post_to_webhook,
}
