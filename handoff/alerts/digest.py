"""One message for several: a person's daily digest, or what came at once. The most urgent is first."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string

from handoff.alerts import about_act, about_alarm
from handoff.alerts.content import engine_link, lead_link, one_line
from handoff.alerts.messages import Message, escape, markup
from handoff.alerts.moments import moment
from handoff.models import Delivery
from leads.models import Transition
from sla.models import Alarm

NAMESPACE = uuid.UUID("5b1f2a3e-6f0c-4c6d-9a53-1d1f0c9f7a10")
SLACK_SECTION, SLACK_SECTIONS = 2900, 40


@dataclass(frozen=True)
class Entry:
    """One thing that is told: how urgent it is, when it was due or happened, what it is, and what has become of it."""

    urgency: int
    at: datetime
    when: str
    what: str
    now: str
    url: str
    is_open: bool


def render_digest(deliveries: Sequence[Delivery]) -> Message:
    """Tell of all of them. The key is theirs: the same messages make the same digest."""
    recipient = deliveries[0].recipient
    zone = recipient.zone if recipient else ZoneInfo("UTC")
    entries = sorted(
        [*_alarms(deliveries, zone), *_acts(deliveries, zone), *_notices(deliveries, zone)],
        key=lambda entry: (entry.urgency, entry.at),
    )
    still_open = sum(entry.is_open for entry in entries)
    count = "1 message" if len(entries) == 1 else f"{len(entries)} messages"
    subject = f"Your digest: {count}" if recipient and recipient.digest_at else f"{count} at once"
    subject += f", {still_open} about what is still open" if still_open else ""
    url = f"{settings.BASE_URL}/console/"
    context = {"subject": subject, "entries": entries, "url": url, "zone": zone.key}
    return Message(
        key=uuid.uuid5(NAMESPACE, " ".join(sorted(str(delivery.key) for delivery in deliveries))),
        lead_id=None,
        subject=subject,
        text=render_to_string("handoff/messages/digest.txt", context),
        html=render_to_string("handoff/messages/digest.html", context),
        slack_text=escape(subject),
        blocks=_blocks(subject, entries, url, zone),
    )


def _alarms(deliveries: Iterable[Delivery], zone: ZoneInfo) -> Iterable[Entry]:
    urgency = {delivery.alarm_id: delivery.priority for delivery in deliveries if delivery.alarm_id}
    for alarm in about_alarm.told_of(Alarm.objects.filter(pk__in=urgency)):
        what, due = about_alarm.in_short(alarm)
        since = one_line(about_alarm.since(alarm, zone))
        is_open = alarm.clock.stopped_at is None
        url = lead_link(alarm.clock.lead)[1]
        yield Entry(urgency[alarm.pk], due, moment(due, zone), one_line(what), since, url, is_open)


def _acts(deliveries: Iterable[Delivery], zone: ZoneInfo) -> Iterable[Entry]:
    urgency = {delivery.transition_id: delivery.priority for delivery in deliveries if delivery.transition_id}
    for act in about_act.told_of(Transition.objects.filter(pk__in=urgency)):
        now = one_line(f"It is {act.lead.get_state_display()} now, owned by {act.lead.owner or 'nobody'}.")
        what = one_line(about_act.in_short(act))
        yield Entry(urgency[act.pk], act.at, moment(act.at, zone), what, now, lead_link(act.lead)[1], is_open=False)


def _notices(deliveries: Iterable[Delivery], zone: ZoneInfo) -> Iterable[Entry]:
    for delivery in deliveries:
        if notice := delivery.notice:
            when, what = moment(notice.created_at, zone), one_line(notice.subject)
            headline, url = one_line(notice.headline), engine_link()[1]
            yield Entry(delivery.priority, notice.created_at, when, what, headline, url, is_open=False)


def _blocks(subject: str, entries: Sequence[Entry], url: str, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Slack takes so many sections, each of so many characters; what does not fit is in the console."""
    sections, shown = [f"*{escape(subject)}*"], 0
    for entry in entries:
        line = f"\n• {entry.when}: <{escape(entry.url)}|{escape(entry.what)}>. {escape(entry.now)}"
        if len(sections[-1]) + len(line) > SLACK_SECTION:
            if len(sections) == SLACK_SECTIONS:
                break
            sections.append("")
        sections[-1] += line
        shown += 1
    rest = len(entries) - shown
    links = (f"And {rest} more. " if rest else "") + f"<{escape(url)}|Open the console>"
    return [
        *({"type": "section", "text": markup(section)} for section in sections),
        {"type": "section", "text": markup(links)},
        {"type": "context", "elements": [markup(f"Times are in {zone.key}.")]},
    ]
