"""A digest: all that waited for one recipient, as one message."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from handoff.alerts import about_act, about_alarm
from handoff.alerts.content import Content, Entry, engine_link, lead_link
from handoff.alerts.moments import moment
from handoff.models import Delivery
from leads.models import Transition
from sla.models import Alarm

NAMESPACE = uuid.UUID("5b1f2a3e-6f0c-4c6d-9a53-1d1f0c9f7a10")


def about_all(deliveries: Sequence[Delivery]) -> Content:
    """Say it of all of them, by what was due first. The key is theirs: the same messages make the same digest."""
    zone = deliveries[0].recipient.zone if deliveries[0].recipient else ZoneInfo("UTC")
    entries = sorted(
        [*_alarms(deliveries, zone), *_acts(deliveries, zone), *_notices(deliveries, zone)], key=lambda entry: entry.at
    )
    still_open = sum(entry.is_open for entry in entries)
    count = "1 message" if len(entries) == 1 else f"{len(entries)} messages"
    subject = f"Your digest: {count}" + (f", {still_open} about what is still open" if still_open else "")
    return Content(
        key=uuid.uuid5(NAMESPACE, " ".join(sorted(str(delivery.key) for delivery in deliveries))),
        kind="digest",
        at=entries[0].at if entries else datetime.now(UTC),
        lead_id=None,
        subject=subject,
        headline=subject,
        lines=(),
        facts=(),
        links=(("Open the console", f"{settings.BASE_URL}/console/"),),
        zone=zone.key,
        entries=tuple(entries),
    )


def _alarms(deliveries: Iterable[Delivery], zone: ZoneInfo) -> Iterable[Entry]:
    alarms = Alarm.objects.filter(pk__in=[delivery.alarm_id for delivery in deliveries if delivery.alarm_id])
    for alarm in about_alarm.with_details(alarms):
        summary, due = about_alarm.in_short(alarm)
        is_open = alarm.clock.stopped_at is None
        yield Entry(
            due, moment(due, zone), summary, about_alarm.since(alarm, zone), lead_link(alarm.clock.lead)[1], is_open
        )


def _acts(deliveries: Iterable[Delivery], zone: ZoneInfo) -> Iterable[Entry]:
    acts = Transition.objects.filter(
        pk__in=[delivery.transition_id for delivery in deliveries if delivery.transition_id]
    )
    for act in about_act.with_details(acts):
        now = f"It is {act.lead.get_state_display()} now, owned by {act.lead.owner or 'nobody'}."
        yield Entry(act.at, moment(act.at, zone), about_act.in_short(act), now, lead_link(act.lead)[1], is_open=False)


def _notices(deliveries: Iterable[Delivery], zone: ZoneInfo) -> Iterable[Entry]:
    for notice in (delivery.notice for delivery in deliveries if delivery.notice):
        at = notice.created_at
        yield Entry(at, moment(at, zone), notice.subject, notice.headline, engine_link()[1], is_open=False)
