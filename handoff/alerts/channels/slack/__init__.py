"""Slack as a bot, which posts to channels and people."""

import re
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from django.core.exceptions import ValidationError

from handoff.alerts.channels.channel import Channel
from handoff.alerts.channels.slack import api, posted
from handoff.alerts.channels.slack.blocks import message_of
from handoff.alerts.channels.slack.errors import with_or_without_picture
from handoff.alerts.content import Content
from handoff.alerts.messages import content_of
from handoff.models import Delivery

_ADDRESS = re.compile(r"#[^\s#@<>&,]{1,80}|[CDGUW][A-Z0-9]{2,20}")


def check_address(address: str) -> None:
    if not _ADDRESS.fullmatch(address):
        raise ValidationError(f"“{address}” is not a Slack channel: write it like #leads, or as its id like C0123ABCD.")


class SlackSession:
    """It keeps nothing of its own: the connections of a process are kept for all its sessions."""

    def send(self, address: str, deliveries: Sequence[Delivery]) -> None:
        """Post to a channel or a person. A retry carries the same client_msg_id, by which Slack knows the message."""
        content = content_of(deliveries)
        posted.keep(deliveries, content, with_or_without_picture(content, lambda content: _post(address, content)))


def _post(address: str, content: Content) -> dict[str, Any]:
    message = message_of(content) | {
        "channel": address,
        "client_msg_id": str(content.key),
        "metadata": {"event_type": "handoff_delivery", "event_payload": {"key": str(content.key)}},
    }
    return api.call("chat.postMessage", message)


CHANNEL = Channel(
    medium="slack",
    label="Slack",
    address_help="A Slack channel like #leads or C0123ABCD.",
    check_address=check_address,
    open=lambda: nullcontext(SlackSession()),
    person_field="slack_member_id",
    team_field="slack_channel",
)
