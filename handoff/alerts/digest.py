"""One message for several: a person's daily digest, or what came at once. The most urgent is first."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from handoff.alerts import about_act, about_alarm
from handoff.alerts.content import Content, Entry, inbox_link, lead_link, link_of
from handoff.alerts.moments import moment
from handoff.models import Delivery
from leads.models import Transition
from sla.models import Alarm

NAMESPACE = uuid.UUID("5b1f2a3e-6f0c-4c6d-9a53-1d1f0c9f7a10")


def about_all(deliveries: Sequence[Delivery]) -> Content:
    """Say it of all of them. The key is theirs: the same messages make the same digest."""
    recipient = deliveries[0].recipient
    zone = recipient.zone if recipient else ZoneInfo("UTC")
    entries = _entries(deliveries, zone)
    still_open = sum(entry.is_open for entry in entries)
    count = "1 message" if len(entries) == 1 else f"{len(entries)} messages"
    subject = f"Your digest: {count}" if recipient and recipient.digest_at else f"{count} at once"
    subject += f", {still_open} about what is still open" if still_open else ""
    return Content(
        key=uuid.uuid5(NAMESPACE, " ".join(sorted(str(delivery.key) for delivery in deliveries))),
        kind="digest",
        at=min((entry.at for entry in entries), default=datetime.now(UTC)),
        lead_id=None,
        subject=subject,
        headline=subject,
        lines=(),
        facts=(),
        links=(inbox_link(),),
        zone=zone.key,
        entries=tuple(entries),
    )


def _entries(deliveries: Sequence[Delivery], zone: ZoneInfo) -> list[Entry]:
    """The most urgent first, and of those what was due first."""
    ranked = [*_alarms(deliveries, zone), *_acts(deliveries, zone), *_notices(deliveries, zone)]
    return [entry for _, entry in sorted(ranked, key=lambda pair: (pair[0], pair[1].at))]


def _alarms(deliveries: Iterable[Delivery], zone: ZoneInfo) -> Iterable[tuple[int, Entry]]:
    priorities = {delivery.alarm_id: delivery.priority for delivery in deliveries if delivery.alarm_id}
    for alarm in about_alarm.with_details(Alarm.objects.filter(pk__in=priorities)):
        summary, due = about_alarm.in_short(alarm)
        is_open = alarm.clock.stopped_at is None
        now, url = about_alarm.since(alarm, zone), lead_link(alarm.clock.lead)[1]
        yield priorities[alarm.pk], Entry(due, moment(due, zone), summary, now, url, is_open)


def _acts(deliveries: Iterable[Delivery], zone: ZoneInfo) -> Iterable[tuple[int, Entry]]:
    priorities = {delivery.transition_id: delivery.priority for delivery in deliveries if delivery.transition_id}
    for act in about_act.with_details(Transition.written.filter(pk__in=priorities)):
        now = f"It is {act.lead.get_state_display()} now, owned by {act.lead.owner or 'nobody'}."
        summary, url = about_act.in_short(act), lead_link(act.lead)[1]
        yield priorities[act.pk], Entry(act.at, moment(act.at, zone), summary, now, url, is_open=False)


def _notices(deliveries: Iterable[Delivery], zone: ZoneInfo) -> Iterable[tuple[int, Entry]]:
    for delivery in deliveries:
        if notice := delivery.notice:
            at, (_, url) = notice.created_at, link_of(notice)
            entry = Entry(at, moment(at, zone), notice.subject, notice.headline, url, is_open=False)
            yield delivery.priority, entry
