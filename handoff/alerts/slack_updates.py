"""Updating what Slack shows of leads on which somebody has acted, wherever they did."""

import time
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from handoff.alerts.channels import TransportError
from handoff.alerts.channels.slack import api
from handoff.alerts.channels.slack.blocks import message_of
from handoff.alerts.channels.slack.errors import SlackRefusal
from handoff.alerts.channels.slack.posted import fingerprint
from handoff.alerts.content import Content, name, zone_of
from handoff.alerts.installation import may_send
from handoff.alerts.leases import take_due
from handoff.alerts.messages import content_of
from handoff.alerts.moments import moment
from handoff.models import Delivery, RateLimit, SlackMessage
from leads.models import Lead, Transition, Verb

LEASE = timedelta(seconds=60)
MOST_SECONDS = 10.0  # that one task spends on it; the next one goes on
MAX_ATTEMPTS = 10  # until somebody acts on the lead again
KEPT = timedelta(days=30)
RECEIVER = "slack chat.update"  # Slack limits each method by itself
NOT_SHOWN = (Verb.COMMENT, Verb.REEVALUATE)
# The message is gone, or closed for ever; all other troubles may pass.
GONE = {"message_not_found", "cant_update_message", "edit_window_closed", "channel_not_found", "is_archived"}

log = structlog.get_logger(__name__)


def update_all() -> int:
    """Update what is out of date, and return how many messages were looked at. Any number of workers may call it."""
    ends_at, count = time.monotonic() + MOST_SECONDS, 0
    if not settings.SLACK_BOT_TOKEN or not may_send():
        return count
    while time.monotonic() < ends_at and not _is_resting() and (message := _take()):
        count += 1
        _update(message)
    return count


def rendered(delivery_id: int) -> tuple[Content, str] | None:
    """What the message of a delivery says now, and what was done since; None when it is gone."""
    related = ("recipient", "destination", "notice")
    delivery = Delivery.objects.select_related(*related).filter(pk=delivery_id).first()
    if delivery is None:
        return None
    content = content_of([delivery])
    lead = Lead.objects.select_related("team", "owner__team").get(pk=content.lead_id) if content.lead_id else None
    return content, _since(delivery, lead) if lead else ""


def forget_old() -> None:
    SlackMessage.objects.filter(posted_at__lt=timezone.now() - KEPT).delete()


def _take() -> SlackMessage | None:
    row: SlackMessage | None = take_due(SlackMessage.objects.filter(attempts__lt=MAX_ATTEMPTS), "update_at", LEASE)
    return row


def _update(message: SlackMessage) -> None:
    now = rendered(message.delivery_id)
    if now is None:
        message.delete()
        return
    shown = fingerprint(*now)
    try:
        if shown != message.shown:
            place = {"channel": message.channel, "ts": message.ts}
            api.call("chat.update", message_of(*now) | place)
    except TransportError as error:
        _settle_failed(message, error)
    else:
        # Compare and swap: an act that came in the meantime has set another moment, and it stays due.
        _mine(message).update(update_at=None)
        SlackMessage.objects.filter(pk=message.pk).update(shown=shown, attempts=0)


def _settle_failed(message: SlackMessage, error: TransportError) -> None:
    log.warning("slack_update_failed", message=message.pk, error=error.message)
    if isinstance(error, SlackRefusal) and error.code in GONE:
        message.delete()
        return
    if error.retry_after is not None:
        until = timezone.now() + error.retry_after
        RateLimit.objects.update_or_create(receiver=RECEIVER, defaults={"until": until})
        _mine(message).update(update_at=until, attempts=message.attempts - 1)


def _mine(message: SlackMessage) -> QuerySet[SlackMessage]:
    return SlackMessage.objects.filter(pk=message.pk, update_at=message.update_at)


def _is_resting() -> bool:
    return RateLimit.objects.filter(receiver=RECEIVER, until__gt=timezone.now()).exists()


def _since(delivery: Delivery, lead: Lead) -> str:
    """The last act since the message was caused, like “Max Linden accepted the lead on Mon 9 Mar 2026, 10:42 CET.”"""
    acts = Transition.objects.filter(lead=lead).exclude(verb__in=NOT_SHOWN).select_related("by")
    if delivery.alarm:
        acts = acts.filter(recorded_at__gte=_fired_at(delivery)).exclude(pk=delivery.alarm.clock.stopped_by_id or 0)
    else:
        acts = acts.filter(pk__gt=delivery.transition_id or 0)
    last = acts.order_by("-pk").first()
    if last is None:
        return ""
    return f"{name(last.by)} {Verb(last.verb).past} the lead on {moment(last.at, zone_of(delivery, lead))}."


def _fired_at(delivery: Delivery) -> datetime:
    return delivery.alarm.fired_at if delivery.alarm else delivery.created_at
