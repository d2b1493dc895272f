"""What is said of the engine itself: the words of a notice, and where to look."""

from handoff.alerts.content import Content, engine_link
from handoff.models import Delivery, Notice


def about_notice(delivery: Delivery, notice: Notice) -> Content:
    return Content(
        key=delivery.key,
        kind="notice",
        at=notice.created_at,
        lead_id=None,
        subject=notice.subject,
        headline=notice.headline,
        lines=tuple(notice.text.splitlines()[1:]),
        facts=(),
        links=(engine_link(),),
        zone=delivery.recipient.time_zone if delivery.recipient else "UTC",
    )
