"""What is said in a notice, about the engine or about a lead: its words, and where to look."""

from datetime import datetime

from handoff.alerts.content import Content, Entry, link_of
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
        links=(link_of(notice),),
        zone=delivery.recipient.time_zone if delivery.recipient else "UTC",
        entries=tuple(Entry(**entry | {"at": datetime.fromisoformat(entry["at"])}) for entry in notice.entries),
    )
