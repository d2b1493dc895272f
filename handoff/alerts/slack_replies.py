"""Answering clicks in Slack, at the address that came with each: it takes five answers, for half an hour."""

import time
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.utils import timezone

from handoff.alerts.channels import TransportError, http
from handoff.alerts.channels.slack.blocks import escape, message_of
from handoff.alerts.installation import may_send
from handoff.alerts.leases import take_due
from handoff.alerts.slack_updates import rendered
from handoff.models import Delivery, SlackReply

LEASE = timedelta(seconds=30)
KEPT = timedelta(minutes=30)
MOST_SECONDS = 10.0  # that one task spends on it; the next one goes on
MAX_ATTEMPTS = 5
LONGEST_URL: int = SlackReply._meta.get_field("url").max_length or 0

log = structlog.get_logger(__name__)


def reply_privately(url: str, text: str) -> None:
    """Say something to whoever has clicked, and to nobody else."""
    _keep(url, text=text)


def replace_message(url: str, delivery: Delivery) -> None:
    """Let the message say how things are: for one that was posted by a webhook, which nothing else can update."""
    _keep(url, delivery=delivery)


def _keep(url: str, text: str = "", delivery: Delivery | None = None) -> None:
    if 0 < len(url) <= LONGEST_URL:
        SlackReply.objects.create(url=url, text=text, delivery=delivery)


def reply_all() -> int:
    """Send what waits, and return how many replies were tried. Any number of workers may call it at once."""
    ends_at, count = time.monotonic() + MOST_SECONDS, 0
    if not settings.SLACK_SIGNING_SECRET or not may_send():
        return count
    while time.monotonic() < ends_at and (reply := _take()):
        count += 1
        _send(reply)
    return count


def forget_old() -> None:
    SlackReply.objects.filter(created_at__lt=timezone.now() - KEPT).delete()


def _take() -> SlackReply | None:
    row: SlackReply | None = take_due(SlackReply.objects.filter(attempts__lt=MAX_ATTEMPTS), "reply_at", LEASE)
    return row


def _send(reply: SlackReply) -> None:
    try:
        if body := _body(reply):
            answer = http.post_guarded(reply.url, body, {}, hosts=settings.SLACK_WEBHOOK_HOSTS, receiver="Slack")
            if answer.status != 200:
                raise answer.refused("Slack")
    except TransportError as error:
        log.warning("slack_reply_failed", reply=reply.pk, error=error.message)
        if not error.permanent:
            return
    reply.delete()


def _body(reply: SlackReply) -> dict[str, Any] | None:
    if reply.text:
        return {"response_type": "ephemeral", "replace_original": False, "text": escape(reply.text)}
    now = rendered(reply.delivery_id) if reply.delivery_id else None
    return message_of(*now) | {"replace_original": True} if now else None
