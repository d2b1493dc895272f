"""What is said in a notice, about the engine or about a lead: its words, and where to look."""

from datetime import datetime

from django.conf import settings

from handoff.alerts.content import REPORT, Content, Entry, link_of
from handoff.alerts.pictures import picture_of
from handoff.models import Delivery, Notice, SentReport


def about_notice(delivery: Delivery, notice: Notice) -> Content:
    sent = _report_of(notice)
    return Content(
        key=delivery.key,
        kind="notice",
        at=notice.created_at,
        lead_id=notice.lead_id,
        subject=notice.subject,
        headline=notice.headline,
        lines=tuple(notice.text.splitlines()[1:]),
        facts=(),
        links=(("Open the report", f"{settings.BASE_URL}{sent.path}") if sent else link_of(notice),),
        zone=delivery.recipient.time_zone if delivery.recipient else "UTC",
        entries=tuple(Entry(**entry | {"at": datetime.fromisoformat(entry["at"])}) for entry in notice.entries),
        picture=picture_of(sent) if sent else None,
    )


def _report_of(notice: Notice) -> SentReport | None:
    return SentReport.objects.filter(notice=notice).first() if notice.key.startswith(REPORT) else None
