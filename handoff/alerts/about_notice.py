"""What is said in a notice, about the engine or about a lead: its words, and where to look."""

from datetime import datetime

from handoff.alerts.content import Content, Entry, engine_link, inbox_link, lead_link
from handoff.models import Delivery, Notice


def about_notice(delivery: Delivery, notice: Notice) -> Content:
    return Content(
        key=delivery.key,
        kind="notice",
        at=notice.created_at,
        lead_id=notice.lead_id,
        subject=notice.subject,
        headline=notice.headline,
        lines=tuple(notice.text.splitlines()[1:]),
        facts=(),
        links=(_link(notice),),
        zone=delivery.recipient.time_zone if delivery.recipient else "UTC",
        entries=tuple(Entry(**entry | {"at": datetime.fromisoformat(entry["at"])}) for entry in notice.entries),
    )


def _link(notice: Notice) -> tuple[str, str]:
    if notice.lead:
        return lead_link(notice.lead)
    return inbox_link() if notice.entries else engine_link()
