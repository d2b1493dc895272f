"""An incoming webhook of Slack, which posts to the one channel that it was made for."""

from collections.abc import Sequence
from contextlib import nullcontext

from django.conf import settings

from handoff.alerts.channels import http, target
from handoff.alerts.channels.channel import Channel
from handoff.alerts.channels.slack.blocks import message_of
from handoff.alerts.channels.slack.errors import refused, with_or_without_picture
from handoff.alerts.content import Content
from handoff.alerts.messages import content_of
from handoff.models import Delivery


def check_address(address: str) -> None:
    target.check(address, settings.SLACK_WEBHOOK_HOSTS)


class WebhookSession:
    """It keeps nothing of its own: the connections of a process are kept for all its sessions."""

    def send(self, address: str, deliveries: Sequence[Delivery]) -> None:
        with_or_without_picture(content_of(deliveries), lambda content: _post(address, content))


def _post(address: str, content: Content) -> None:
    headers = {"X-Handoff-Key": str(content.key)}
    hosts = settings.SLACK_WEBHOOK_HOSTS
    answer = http.post_guarded(address, message_of(content), headers, hosts=hosts, receiver="Slack")
    if answer.status != 200:
        raise refused(answer, answer.body[:100].decode("ascii", "replace").strip())


CHANNEL = Channel(
    medium="slack_webhook",
    label="Slack (incoming webhook)",
    address_help="The URL of an incoming webhook: https://hooks.slack.com/services/…",
    check_address=check_address,
    open=lambda: nullcontext(WebhookSession()),
    address_is_secret=True,
)
