"""The messages that the bot has posted about leads: where they stand, so that they can be updated."""

import json
from collections.abc import Mapping, Sequence
from hashlib import md5
from typing import Any

import structlog
from django.db import DatabaseError, transaction
from django.utils import timezone

from handoff.alerts.content import Content
from handoff.models import Delivery, SlackMessage
from leads.models import Lead

log = structlog.get_logger(__name__)


def keep(deliveries: Sequence[Delivery], content: Content, answer: Mapping[str, Any]) -> None:
    """Keep where a message was posted. That it cannot be kept does not undo that it was posted."""
    delivery, channel, ts = deliveries[0], answer.get("channel"), answer.get("ts")
    if content.offers is None or content.lead_id is None or delivery.pk is None or not channel or not ts:
        return
    try:
        keep_at(delivery.pk, content.lead_id, str(channel), str(ts), fingerprint(content, ""))
    except DatabaseError as error:
        log.warning("slack_message_not_kept", delivery=delivery.pk, error=type(error).__name__)


def keep_at(delivery_id: int, lead_id: int, channel: str, ts: str, shown: str = "") -> None:
    """Under the lead's lock: an act that has not ended yet would otherwise outdate nothing. It is looked at again at
    once, as somebody may have acted while it was being posted."""
    with transaction.atomic():
        list(Lead.objects.select_for_update(no_key=True).filter(pk=lead_id).values_list("pk"))
        place = {"channel": channel[:40], "ts": ts[:40], "lead_id": lead_id, "update_at": timezone.now()}
        SlackMessage.objects.update_or_create(
            delivery_id=delivery_id, defaults=place, create_defaults=place | {"shown": shown}
        )


def fingerprint(content: Content, since: str) -> str:
    """A digest of what changes when somebody acts, and not of what changes with each minute."""
    offers = content.offers
    said = [content.lines, content.facts, offers and (offers.verbs, offers.alarm_id), since]
    return md5(json.dumps(said).encode(), usedforsecurity=False).hexdigest()
