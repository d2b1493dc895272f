"""The outbox: messages are written in the transaction of their cause, and sent afterwards, at least once."""

import random
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from handoff.alerts import audience
from handoff.alerts.channels import CHANNELS, TransportError
from handoff.alerts.content import one_line
from handoff.alerts.digest import render_digest
from handoff.alerts.installation import may_send
from handoff.alerts.messages import render
from handoff.alerts.quiet import put_off
from handoff.alerts.retry import MAX_ATTEMPTS, wait_before_next
from handoff.alerts.slots import slot
from handoff.models import Delivery, DeliveryState, Notice
from handoff.refusals import NotAllowed, WrongState
from leads.models import Lead, Role, Transition, User
from sla.models import Alarm

LEASE = timedelta(seconds=120)  # longer than one message can take: every channel gives up sooner
LARGEST_DIGEST = 1000  # messages; the next digest follows at once
RUN_SECONDS = 60  # a run takes up nothing after it, so that it ends well before Celery's time limit
DELIVER_LOCK, DELIVER_SLOTS = 0x68616E64, 2
NOTICE_LOCK = DELIVER_LOCK + 1

log = structlog.get_logger(__name__)


def announce_act(act: Transition, lead: Lead) -> None:  # noqa: ARG001 the act names its lead
    """Write what must be told of an act, in the caller's transaction. The lead is saved by then."""
    if not act.historical:
        audience.tell_of_acts([act.pk], timezone.now())


def fire_alarms(batch: int, due_by: datetime | None = None, since: datetime | None = None) -> int:
    """Fire up to `batch` alarms that are due, write what must be told of them, and return how many fired.

    Killed at any point it has done both or nothing. Any number of workers may call it at once.
    """
    now = timezone.now()
    with transaction.atomic():
        return audience.fire(batch, due_by or now, now, since)


def announce_stranded(alarm: Alarm, act: Transition | None) -> None:
    """Write whom to tell that nobody is in rotation for a lead, in the caller's transaction.

    The act is the one that returned it to the queue; there is none if it waited there already.
    """
    audience.tell_of_stranded(alarm.pk, act.pk if act else None, timezone.now())


def announce_notice(key: str, subject: str, text: str, *, pierces: bool = False) -> None:
    """Write what RevOps is told of the engine itself, in the caller's transaction; once for each key."""
    told = {"subject": subject, "text": text, "pierces": pierces}
    notice, is_new = Notice.objects.get_or_create(key=key, defaults=told)
    if is_new and not audience.tell_of_notice(notice):
        log.error("nobody_to_tell", notice=subject, advice="give somebody the role RevOps and an email address")


def deliver_notices() -> int:
    """Send what RevOps is told of the engine itself. Any process may: the workers may be what it tells of."""
    with slot(NOTICE_LOCK, 1) as is_free:
        return _deliver(1000, of_notices=True) if is_free else 0


def deliver(batch_size: int = 20) -> int:
    """Send what is due, up to a batch, and return how many messages were taken up.

    Any number of workers may call it at once, and be killed at any point. Only two send at a time, so that a mail
    server that hangs leaves workers for the sweep; the others return at once.
    """
    with slot(DELIVER_LOCK, DELIVER_SLOTS) as is_free:
        return _deliver(batch_size) if is_free else 0


def resend(delivery_id: int, by: User) -> None:
    """Send a dead or sent delivery again, under its old key. Who asked for it is kept in the console's log.

    Raise WrongState while it is pending, NotAllowed for anybody but RevOps.
    """
    with transaction.atomic():
        # Locked, so that of two who press the button at once one is told that it is pending.
        delivery = Delivery.objects.select_for_update(no_key=True).get(pk=delivery_id)
        if delivery.state == DeliveryState.PENDING:
            when = f"{delivery.next_attempt_at:%Y-%m-%d %H:%M} UTC"
            raise WrongState(f"The message is pending already: it is tried again at {when}.", state=delivery.state)
        if not by.has_role(Role.REVOPS):
            raise NotAllowed("You may not send a message again: RevOps may.")
        was = f"Sent again by hand; it was {delivery.state} after attempt {delivery.attempts}."
        delivery.state, delivery.attempts = DeliveryState.PENDING, 0
        delivery.next_attempt_at, delivery.sent_at = timezone.now(), None
        delivery.save(update_fields=["state", "attempts", "next_attempt_at", "sent_at"])
        LogEntry.objects.log_actions(by.pk, [delivery], CHANGE, was, single_object=True)


def _deliver(batch_size: int, *, of_notices: bool = False) -> int:
    if not may_send():
        return 0
    unwell: set[str] = set()
    taken, started = 0, time.monotonic()
    while taken < batch_size and time.monotonic() - started < RUN_SECONDS:
        claimed = _claim(unwell, of_notices=of_notices)
        if claimed is None:
            break
        taken += 1
        if not claimed:
            continue
        error = _send(claimed)
        if error and not error.permanent:
            # Its server hangs or is busy: the rest of this run is for the other media.
            unwell.add(claimed[0].medium)
        _settle(claimed, error)
    return taken


def _claim(unwell: set[str], *, of_notices: bool = False) -> list[Delivery] | None:
    """Lease what goes into one message: one delivery, or all of somebody's digest. None when nothing is due.

    One at a time, so that the lease begins when its sending does. Empty when its recipient wants it later.
    """
    now = timezone.now()
    due = Delivery.objects.filter(state=DeliveryState.PENDING, next_attempt_at__lte=now).exclude(medium__in=unwell)
    if of_notices:
        due = due.filter(notice__isnull=False)
    with transaction.atomic(durable=True):
        claimed = _take_one(due.filter(digest=False), now)
        if claimed is None:
            claimed = _take_digest(due.filter(digest=True), now)
        if claimed:
            _lease(claimed, now + LEASE)
    return claimed


def _take_one(due: QuerySet[Delivery], now: datetime) -> list[Delivery] | None:
    # Locked for a moment only, against another claim of the same row; the lease keeps it while it is sent.
    free = due.select_for_update(of=("self",), skip_locked=True, no_key=True).order_by("next_attempt_at")
    delivery = free.select_related("recipient", "alarm__step", "notice").first()
    if delivery is None:
        return None
    return [] if put_off(delivery, now) else [delivery]


def _take_digest(due: QuerySet[Delivery], now: datetime) -> list[Delivery] | None:
    # The person is locked, and not row by row: so two workers do not tear a digest in two.
    waiting = User.objects.filter(pk__in=due.values("recipient"))
    person = waiting.select_for_update(skip_locked=True, no_key=True).order_by("pk").first()
    if person is None:
        return None
    rows = due.filter(recipient=person).select_for_update(of=("self",), no_key=True).order_by("pk")
    whole = [row for row in rows.select_related("recipient", "alarm__step", "notice") if not put_off(row, now)]
    return [row for row in whole if _place(row) == _place(whole[0])][:LARGEST_DIGEST]


def _place(delivery: Delivery) -> tuple[str, str, bool]:
    """What goes into one digest goes to one place; what has had its last attempt goes down alone."""
    return delivery.medium, delivery.address, delivery.attempts >= MAX_ATTEMPTS


def _lease(claimed: Sequence[Delivery], until: datetime) -> None:
    for delivery in claimed:
        delivery.attempts, delivery.next_attempt_at = delivery.attempts + 1, until
    mine = Delivery.objects.filter(pk__in=[delivery.pk for delivery in claimed])
    mine.update(attempts=F("attempts") + 1, next_attempt_at=until)


def _send(claimed: Sequence[Delivery]) -> TransportError | None:
    """Render and send, outside any transaction. What went wrong is returned, as it is one of the outcomes."""
    first = claimed[0]
    if first.attempts > MAX_ATTEMPTS:
        return TransportError("Its worker was killed in the last attempt of all.", permanent=True)
    try:
        CHANNELS[first.medium](first.address, render_digest(claimed) if first.digest else render(first))
    except TransportError as error:
        return error
    except (OperationalError, InterfaceError):
        raise  # our database is away, and not the message at fault: its lease will end
    except Exception as error:
        # One message that cannot be rendered must not stop the others.
        log.exception("delivery_poisoned", delivery=first.pk)
        return TransportError(f"The message could not be made: {type(error).__name__}: {error}", permanent=True)
    return None


def _settle(claimed: Sequence[Delivery], error: TransportError | None) -> None:
    """Write down what became of an attempt."""
    if error is None:
        _mark(claimed, state=DeliveryState.SENT, sent_at=timezone.now())
        return
    luck = random.random()  # noqa: S311
    for delivery in claimed:
        _settle_failed(delivery, error, luck)


def _settle_failed(delivery: Delivery, error: TransportError, luck: float) -> None:
    words = one_line(error.message)  # a server may answer anything, even what PostgreSQL does not take
    wait = wait_before_next(delivery.attempts, permanent=error.permanent, retry_after=error.retry_after, luck=luck)
    if wait is None:
        _mark([delivery], state=DeliveryState.DEAD, last_error=words)
    else:
        _mark([delivery], next_attempt_at=timezone.now() + wait, last_error=words)
    log.warning("delivery_failed", delivery=delivery.pk, attempts=delivery.attempts, error=words, dead=wait is None)


def _mark(claimed: Sequence[Delivery], **fields: object) -> None:
    # Compare and swap. Who finds another lease was slower than its own: somebody else has taken the delivery over,
    # sends it under the same key, and is the one to say what became of it.
    mine = Delivery.objects.filter(
        pk__in=[delivery.pk for delivery in claimed],
        state=DeliveryState.PENDING,
        next_attempt_at=claimed[0].next_attempt_at,
    )
    if mine.update(**fields) < len(claimed):
        log.warning("delivery_overtaken", delivery=claimed[0].pk, attempts=claimed[0].attempts)
