"""The agenda: what waits on a person, sent on the days and at the time that they choose; nothing when nothing waits."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from handoff.alerts.audience import address_of
from handoff.alerts.moments import moment
from handoff.engine import daily
from handoff.engine.obligations import Obligation, obligations_of
from handoff.models import Delivery, Notice, Priority
from leads.models import User

MOST = 100
"""Lines of one agenda."""


def send_due(now: datetime | None = None) -> int:
    """Write the agendas whose time has come, each once for a person and a day, and return how many.

    Call it as often as you like, from any number of processes; killed in the middle, it goes on with the next call.
    """
    now = now or timezone.now()
    people = User.objects.filter(is_active=True, agenda_at__isnull=False).order_by("pk")
    return sum(_write(user.pk, now) for user in people if day_due(user, now))


def day_due(user: User, now: datetime) -> date | None:
    """The day whose agenda is to be sent; None when there is none, or it was dealt with."""
    if user.agenda_at is None:
        return None
    return daily.day_due(user, user.agenda_at, user.agenda_days, user.agenda_on, now)


def begin_with_next(user: User, now: datetime) -> None:
    """Whoever chooses a time that has passed today is sent the next agenda, and not one at once. It is not saved."""
    user.agenda_on = day_due(user, now) or user.agenda_on


@transaction.atomic
def _write(user_id: int, now: datetime) -> bool:
    """Under the lock of the person: of two workers the second finds the day dealt with."""
    user = User.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=user_id, is_active=True).first()
    day = day_due(user, now) if user else None
    if user is None or day is None:
        return False
    User.objects.filter(pk=user_id).update(agenda_on=day)
    owed = obligations_of(user)
    address = address_of(user) if owed else None
    if address is None:
        return False
    notice = Notice.objects.create(
        key=f"agenda of user {user_id} on {day}",
        subject=_subject(owed, user),
        text=_subject(owed, user),
        pierces=True,  # they have chosen the time: neither quiet hours nor the digest of messages put it off
        entries=[_entry(each, user, now) for each in owed[:MOST]],
    )
    medium, place = address
    Delivery.objects.create(
        notice=notice,
        recipient=user,
        medium=medium,
        address=place,
        priority=Priority.NOTICE,
        next_attempt_at=now,
    )
    return True


def _subject(owed: Sequence[Obligation], user: User) -> str:
    first = owed[0].due_at
    due = f", the first due {moment(first, user.zone)}" if first else ""
    return f"Waiting for you: {len(owed)}{due}"


def _entry(owed: Obligation, user: User, now: datetime) -> dict[str, Any]:
    """As `content.Entry` has it."""
    due = owed.due_at
    when = f"{'Overdue since' if due <= now else 'By'} {moment(due, user.zone)}" if due else "No due time"
    words = {"when": when, "summary": owed.words, "now": owed.contact, "url": owed.url}
    return words | {"at": (due or now).isoformat(), "is_open": True}
