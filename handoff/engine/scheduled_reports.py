"""Reports that are sent by themselves: the numbers of whole days, with their picture, each once for a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import structlog
from django.db import transaction
from django.utils import timezone

from handoff.alerts.audience import address_of
from handoff.alerts.content import REPORT
from handoff.engine import daily
from handoff.models import Delivery, Notice, Priority, ScheduledReport, SentReport
from handoff.reports.chart import caption, chart_of
from handoff.reports.picture import picture_of
from handoff.reports.registry import REPORTS
from handoff.reports.report import Report, Row

MOST = 20
"""Rows that a message spells out; the report itself has all of them."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Sheet:
    """A report of a period, ready to be sent."""

    subject: str
    lines: list[str]
    path: str
    picture: bytes | None
    alt: str


def send_due(now: datetime | None = None) -> int:
    """Write the messages of the reports whose time has come, each once for a day, and return how many.

    Call it as often as you like, from any number of processes; killed in the middle, it goes on with the next call.
    """
    now = now or timezone.now()
    active = ScheduledReport.objects.filter(active=True, owner__is_active=True).select_related("owner").order_by("pk")
    return sum(_send(scheduled, now) for scheduled in active if _day_due(scheduled, now))


def begin_with_next(scheduled: ScheduledReport, now: datetime) -> None:
    """Whoever chooses a time that has passed today is sent the next one, and not one at once. It is not saved."""
    scheduled.dealt_with_on = _day_due(scheduled, now) or scheduled.dealt_with_on


def sheet_of(scheduled: ScheduledReport, day: date, now: datetime) -> Sheet | None:
    """What is sent on a day: the whole days before it. None where the report was removed, or is not theirs to read."""
    report = REPORTS.get(scheduled.report)
    asked = {**scheduled.asked, **_period(scheduled, day)}
    form = report.form(asked) if report else None
    if report is None or form is None or not form.is_valid() or not report.may_be_read_by(scheduled.owner):
        return None
    rows = report.rows(form.cleaned_data, now)
    chart = chart_of(report, rows, [row.label for row in rows])
    return Sheet(
        subject=f"{report.title}: {period_words(scheduled)}",
        lines=_lines(report, rows),
        path=f"/console/{report.name}/?{urlencode(asked)}",
        picture=picture_of(chart) if chart else None,
        alt=caption(report, rows) if chart else "",
    )


def period_words(scheduled: ScheduledReport) -> str:
    days = scheduled.last_days
    return "all time" if days is None else "the last day" if days == 1 else f"the last {days} days"


def _day_due(scheduled: ScheduledReport, now: datetime) -> date | None:
    return daily.day_due(scheduled.owner, scheduled.at, scheduled.weekdays, scheduled.dealt_with_on, now)


def _period(scheduled: ScheduledReport, day: date) -> Mapping[str, str]:
    days = scheduled.last_days
    start = {} if days is None else {"from": (day - timedelta(days=days)).isoformat()}
    return {**start, "to": day.isoformat()}


def _lines(report: Report, rows: Any) -> list[str]:
    if not rows:
        return [report.nothing[0]]
    rest = [f"And {len(rows) - MOST} more rows."] if len(rows) > MOST else []
    return [*(_line(report, row) for row in rows[:MOST]), *rest]


def _line(report: Report, row: Row) -> str:
    """Like `Berlin: 34 delivered, 12 accepted`."""
    words = report.as_words(row)
    columns = [column for column in report.columns if not column.below]
    return f"{row.label}: " + ", ".join(
        f"{words[column.name]} {column.label.lower()}{f' ({column.group.lower()})' if column.group else ''}"
        for column in columns
    )


def _send(scheduled: ScheduledReport, now: datetime) -> bool:
    """Count and draw before the lock, which is held for a moment only: of two workers the second finds it sent."""
    day = _day_due(scheduled, now)
    sheet = sheet_of(scheduled, day, now) if day and scheduled.owner.roles else None
    with transaction.atomic():
        open_yet = ScheduledReport.objects.select_for_update(no_key=True, skip_locked=True).filter(
            pk=scheduled.pk, active=True, dealt_with_on=scheduled.dealt_with_on
        )
        if day is None or not open_yet.update(dealt_with_on=day):
            return False
        if sheet is None:
            log.warning("scheduled_report_not_sent", scheduled=scheduled.pk, report=scheduled.report)
            return False
        return _write(scheduled, day, sheet, now)


def _write(scheduled: ScheduledReport, day: date, sheet: Sheet, now: datetime) -> bool:
    address = _address_of(scheduled)
    if address is None:
        return False
    notice = Notice.objects.create(
        key=f"{REPORT} {scheduled.pk} on {day}",
        subject=sheet.subject[:200],
        text="\n".join([sheet.subject, *sheet.lines]),
        pierces=True,  # they have chosen the time: neither quiet hours nor the digest of messages put it off
    )
    SentReport.objects.create(notice=notice, scheduled=scheduled, path=sheet.path, picture=sheet.picture, alt=sheet.alt)
    medium, place = address
    to = {"destination": scheduled.destination} if scheduled.destination else {"recipient": scheduled.owner}
    Delivery.objects.create(
        notice=notice, medium=medium, address=place, priority=Priority.NOTICE, next_attempt_at=now, **to
    )
    return True


def _address_of(scheduled: ScheduledReport) -> tuple[str, str] | None:
    destination = scheduled.destination
    if destination is None:
        return address_of(scheduled.owner)
    return (destination.medium, destination.address) if destination.active else None
