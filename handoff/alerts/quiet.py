"""When a person wants to be notified: their quiet hours and the moment of their digest, in their time zone."""

from datetime import UTC, date, datetime, time, timedelta

from handoff.models import Delivery
from leads.models import User

DAY = timedelta(days=1)


def put_off(delivery: Delivery, now: datetime) -> bool:
    """Whether the recipient of a message that is due wants it later; it is given the moment, and is not saved.

    A step or a notice that ignores quiet hours is sent at once. The digest is the first one after the message was
    written: a worker that comes late sends it late, and not a day later.
    """
    user = delivery.recipient
    if user is None or not _has_wishes(user) or _pierces(delivery):
        return False
    digest = None if delivery.digest else next_digest(user, delivery.created_at)
    wait = quiet_until(user, max(now, digest or now)) or digest
    if wait is None:
        return False
    delivery.digest = delivery.digest or digest is not None
    delivery.next_attempt_at = wait
    return True


def _has_wishes(user: User) -> bool:
    return user.digest_at is not None or user.quiet_from is not None


def _pierces(delivery: Delivery) -> bool:
    if delivery.notice is not None:
        return delivery.notice.pierces
    return delivery.alarm is not None and delivery.alarm.step.pierces


def quiet_until(user: User, at: datetime) -> datetime | None:
    """When the quiet hours that hold at a moment end; None outside of them."""
    if user.quiet_from is None or user.quiet_until is None:
        return None
    today = at.astimezone(user.zone).date()
    ends_after = DAY * (user.quiet_until <= user.quiet_from)
    for evening in (today - DAY, today):
        end = instant(user, evening + ends_after, user.quiet_until)
        if instant(user, evening, user.quiet_from) <= at < end:
            return end
    return None


def next_digest(user: User, after: datetime) -> datetime | None:
    """The first moment after another when the digest is sent; None for whoever is notified as it happens."""
    if user.digest_at is None:
        return None
    today = after.astimezone(user.zone).date()
    digest = instant(user, today, user.digest_at)
    return digest if digest > after else instant(user, today + DAY, user.digest_at)


def instant(user: User, day: date, at: time) -> datetime:
    """A time that the clock change skips is an hour later, one that it repeats is the first of the two."""
    return datetime.combine(day, at, user.zone).astimezone(UTC)
