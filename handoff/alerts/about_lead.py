"""Messages about a lead that no act and no alarm causes: a known buyer asks again, a promised date has come."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import structlog

from handoff.alerts import audience
from handoff.alerts.content import one_line, title
from handoff.models import Audience, Delivery, Notice, StandardKind, StandardMessage
from leads.models import Lead
from leads.permission import warnings_of

MORNING = time(8)

Groups = Sequence[Sequence[Audience]]

log = structlog.get_logger(__name__)


def announce(
    kind: StandardKind,
    key: str,
    lead: Lead,
    *,
    subject: str,
    lines: Sequence[str],
    groups: Groups,
    on: date | None = None,
) -> bool:
    """Write a message about a lead in the caller's transaction, once for each key, unless RevOps switched it off.

    All of a group are notified; the next group is asked only if nobody of it can be reached. With `on` it is part of
    the digest of that morning, by the clock of each recipient. False when it was written before.
    """
    if not StandardMessage.is_on(kind):
        return False
    # Each line is read alone: what the buyer wrote may have several, and the first would pass for the headline.
    words = {
        "subject": one_line(subject, 200),
        "text": "\n".join(map(one_line, (*lines, *warnings_of(lead)))),
        "lead": lead,
    }
    notice, is_new = Notice.objects.get_or_create(key=key, defaults=words)
    if not is_new:
        return False
    if not any(_reaches(notice, group) for group in groups):
        log.error("nobody_to_tell", notice=subject, advice="give the owner, marketing or RevOps an email address")
    if on:
        _wait_for_morning(notice, on)
    return True


def _reaches(notice: Notice, group: Sequence[Audience]) -> bool:
    """Notify all of a group; say whether anybody is reached."""
    reached = [audience.notify_about_lead(notice, member) for member in group]  # all, not only until the first
    return any(reached)


def _wait_for_morning(notice: Notice, day: date) -> None:
    for delivery in Delivery.objects.filter(notice=notice).select_related("recipient"):
        zone = delivery.recipient.zone if delivery.recipient else ZoneInfo("UTC")
        morning = datetime.combine(day, MORNING, zone).astimezone(UTC)
        delivery.digest = delivery.recipient is not None
        delivery.next_attempt_at = max(morning, delivery.next_attempt_at)
        delivery.save(update_fields=["digest", "next_attempt_at"])


__all__ = ["announce", "title"]
