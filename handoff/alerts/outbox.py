"""The outbox: messages are written in the transaction of their cause, and sent afterwards, at least once."""

from collections.abc import Callable, Collection
from datetime import datetime

import structlog
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.utils import timezone

from handoff.alerts import audience, worker
from handoff.alerts.dispatch import Dispatcher
from handoff.alerts.moments import moment
from handoff.models import Delivery, DeliveryState, Notice
from handoff.refusals import NotAllowed, WrongState
from leads.models import Lead, Role, Transition, User
from sla.models import Alarm

log = structlog.get_logger(__name__)


def announce_act(act: Transition, lead: Lead) -> None:  # noqa: ARG001 the act names its lead
    """Write the messages of an act, in the caller's transaction. The lead is saved by then."""
    if not act.historical:
        audience.notify_of_act(act, timezone.now())


def announce_mentions(act: Transition, people: Collection[User]) -> None:
    """Write to those whom a comment mentions, in the caller's transaction. What is of the past notifies no one."""
    if people and not act.historical:
        audience.notify_mentioned(act, [person.pk for person in people], timezone.now())


def fire_alarms(batch: int, due_by: datetime | None = None, since: datetime | None = None) -> int:
    """Fire up to `batch` alarms that are due, write the messages about them, and return how many fired.

    Killed at any point it has done both or nothing. Any number of workers may call it at once.
    """
    now = timezone.now()
    with transaction.atomic():
        return audience.fire(batch, due_by or now, now, since)


def announce_stranded(alarm: Alarm, act: Transition | None) -> None:
    """Write whom to notify that no one is in rotation for a lead, in the caller's transaction.

    The act is the one that returned it to the queue; there is none if it waited there already.
    """
    audience.notify_of_stranded(alarm.pk, act.pk if act else None, timezone.now())


def announce_notice(key: str, subject: str, text: str, *, pierces: bool = False) -> None:
    """Write a message to RevOps about the engine itself, in the caller's transaction; once for each key."""
    content = {"subject": subject, "text": text, "pierces": pierces}
    notice, is_new = Notice.objects.get_or_create(key=key, defaults=content)
    if is_new and not audience.notify_of_notice(notice):
        log.error("nobody_to_tell", notice=subject, advice="give someone the role RevOps and an email address")


def deliver_notices() -> int:
    """Send messages to RevOps about the engine itself. Any process may: the message may be about the workers."""
    with Dispatcher(of_notices=True) as dispatcher:
        return dispatcher.send_all(1000)


def deliver(batch_size: int = 20) -> int:
    """Send what is due, up to so many messages, and return how many were sent or have failed.

    Any number of workers may call it at once, and be killed at any point.
    """
    with Dispatcher() as dispatcher:
        return dispatcher.send_all(batch_size)


def keep_delivering(seconds: float, show_life: Callable[[], None]) -> None:
    """Send what falls due, for so long or until the worker shuts down; unless its worker is at it already.

    The turn ends before what hangs has been waited for: then another process of the worker goes on with the rest.
    """
    with Dispatcher() as dispatcher, worker.turn_to_deliver() as is_mine:
        if is_mine:
            dispatcher.serve(seconds, worker.is_shutting_down, show_life)


def resend(delivery_id: int, by: User) -> None:
    """Send a dead or sent delivery again, under its old key. Who asked for it is kept in the console's log.

    Raise WrongState while it is pending, NotAllowed for anybody but RevOps.
    """
    with transaction.atomic():
        # Locked, so that of two who press the button at once one reads that it is pending.
        delivery = Delivery.objects.select_for_update(no_key=True).get(pk=delivery_id)
        if delivery.state == DeliveryState.PENDING:
            when = moment(delivery.next_attempt_at, by.zone)
            raise WrongState(f"The message is pending already: it is tried again on {when}.", state=delivery.state)
        if not by.has_role(Role.REVOPS):
            raise NotAllowed("You may not send a message again: RevOps may.")
        if delivery.state == DeliveryState.WITHDRAWN:
            raise WrongState("The message was withdrawn: its clock was called off.", state=delivery.state)
        was = f"Sent again by hand; it was {delivery.state} after attempt {delivery.attempts}."
        delivery.state, delivery.attempts = DeliveryState.PENDING, 0
        delivery.next_attempt_at, delivery.sent_at = timezone.now(), None
        delivery.save(update_fields=["state", "attempts", "next_attempt_at", "sent_at"])
        LogEntry.objects.log_actions(by.pk, [delivery], CHANGE, was, single_object=True)
