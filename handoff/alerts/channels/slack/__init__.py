"""Slack as a bot, which posts to channels and people."""

import json
import re
from collections.abc import Sequence
from contextlib import nullcontext

from django.conf import settings
from django.core.exceptions import ValidationError

from handoff.alerts.channels import http, target
from handoff.alerts.channels.channel import Channel
from handoff.alerts.channels.slack.blocks import message_of
from handoff.alerts.channels.slack.errors import refused
from handoff.alerts.channels.transport import TransportError
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
        if not settings.SLACK_BOT_TOKEN:
            raise TransportError(
                "Slack is not set up: set SLACK_BOT_TOKEN to the bot's token (xoxb-…).", permanent=True
            )
        content = content_of(deliveries)
        message = message_of(content) | {
            "channel": address,
            "client_msg_id": str(content.key),
            "metadata": {"event_type": "handoff_delivery", "event_payload": {"key": str(content.key)}},
        }
        headers = {"Authorization": f"Bearer {settings.SLACK_BOT_TOKEN}"}
        url = f"{settings.SLACK_API_URL.rstrip('/')}/chat.postMessage"
        answer = http.post(target.trusted(url), message, headers, receiver="Slack")
        code = _error_in(answer.body)
        if answer.status != 200 or code:
            raise refused(answer, code)


def _error_in(body: bytes) -> str:
    """The code of the error in an answer; empty when it says that the message was posted."""
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        return "unreadable"
    return "" if answer.get("ok") is True else str(answer.get("error") or "unreadable")


CHANNEL = Channel(
    medium="slack",
    label="Slack",
    address_help="A Slack channel like #leads or C0123ABCD.",
    check_address=check_address,
    open=lambda: nullcontext(SlackSession()),
    person_field="slack_member_id",
    team_field="slack_channel",
)
