"""What is said of the engine itself: the words of a notice, and where to look."""

from handoff.alerts.content import Content, engine_link
from handoff.models import Delivery


def about_notice(delivery: Delivery) -> Content:
    notice = delivery.notice
    assert notice is not None  # noqa: S101 for mypy: it is the cause
    return Content(
        lead_id=None,
        subject=notice.subject,
        headline=notice.headline,
        lines=tuple(notice.text.splitlines()[1:]),
        facts=(),
        links=(engine_link(),),
        zone=delivery.recipient.time_zone if delivery.recipient else "UTC",
    )
