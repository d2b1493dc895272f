"""Write down what became of attempts."""

import random
from collections.abc import Sequence
from datetime import datetime
from hashlib import md5

import structlog
from django.db import connection
from django.utils import timezone

from handoff.alerts.channels import TransportError
from handoff.alerts.content import one_line
from handoff.alerts.queue import Parcel, leases_of
from handoff.alerts.retry import LAST_CEILING, wait_before_next
from handoff.models import Delivery, DeliveryState, RateLimit
from leads.sql import load

_SENT = load("handoff.alerts", "settle_sent.sql")

log = structlog.get_logger(__name__)


def settle(outcomes: Sequence[tuple[Parcel, TransportError | None]]) -> None:
    """Mark all that was sent in one statement; what failed waits for its next attempt, or is given up."""
    _mark_sent([delivery for parcel, error in outcomes if error is None for delivery in parcel.deliveries])
    for parcel, error in outcomes:
        if error is not None:
            _settle_failed(parcel, error, timezone.now())


def _mark_sent(deliveries: Sequence[Delivery]) -> None:
    if not deliveries:
        return
    with connection.cursor() as cursor:
        cursor.execute(_SENT, {"now": timezone.now(), **leases_of(deliveries)})
        if cursor.rowcount < len(deliveries):
            log.warning("delivery_overtaken", messages=len(deliveries) - cursor.rowcount)


def _settle_failed(parcel: Parcel, error: TransportError, now: datetime) -> None:
    words = one_line(error.message)  # a server may answer anything, even what PostgreSQL does not take
    luck = random.random()  # noqa: S311
    if error.retry_after is not None:
        _leave_alone(parcel.first, now + min(error.retry_after, LAST_CEILING))
    for delivery in parcel.deliveries:
        wait = wait_before_next(delivery.attempts, permanent=error.permanent, retry_after=error.retry_after, luck=luck)
        if wait is None:
            _mark(delivery, state=DeliveryState.DEAD, last_error=words)
        else:
            _mark(delivery, next_attempt_at=now + wait, last_error=words)
        log.warning("delivery_failed", delivery=delivery.pk, attempts=delivery.attempts, error=words, dead=wait is None)


def _mark(delivery: Delivery, **fields: object) -> None:
    # Compare and swap. Who finds another lease was slower than its own: somebody else has taken the delivery over,
    # sends it under the same key, and is the one to say what became of it.
    mine = Delivery.objects.filter(
        pk=delivery.pk, state=DeliveryState.PENDING, next_attempt_at=delivery.next_attempt_at
    )
    if not mine.update(**fields):
        log.warning("delivery_overtaken", delivery=delivery.pk, attempts=delivery.attempts)


def _leave_alone(delivery: Delivery, until: datetime) -> None:
    """Let no worker call this receiver before: as next_messages.sql names it."""
    address = delivery.address
    is_web = address.startswith(("http://", "https://"))
    receiver = md5(address.encode(), usedforsecurity=False).hexdigest() if is_web else delivery.medium
    RateLimit.objects.update_or_create(receiver=receiver, defaults={"until": until})
