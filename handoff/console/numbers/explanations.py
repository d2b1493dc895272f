"""The page of one clock: why it is due when it is, so that it adds up by hand."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import badge, day, moment, two_lines
from handoff.console.leads.clocks import outcome_of
from handoff.reports.explanation import Explained, explainable, explained
from handoff.workflow.facts.timing import Cause
from leads.models import Lead, Transition
from sla.durations import in_words
from sla.explanation import Counted, ExplainedLeg, ExplainedPause, SpecialDay, StretchPart, Why
from sla.models import Alarm, Clock
from sla.standing import with_warning

PARTS = {StretchPart.COUNTED: "", StretchPart.AHEAD: badge("Not used"), StretchPart.LATE: badge("Late", "danger")}
SECOND = timedelta(seconds=1)
WHYS = {Why.HOLIDAY: "Holiday", Why.OVERRIDE: "Other hours", Why.CLOSED: "Closed"}


def page(request: HttpRequest, pk: int) -> HttpResponse:
    seen = Clock.objects.filter(lead__in=Lead.objects.visible_to(viewer(request)))
    clock = get_object_or_404(explainable(with_warning(seen)), pk=pk)
    reading = explained(clock, timezone.now())
    context = {
        **site.each_context(request),
        "title": f"{clock.get_metric_display()}, handoff {clock.cycle}",
        "list_title": str(clock.lead),
        "list_url": reverse("admin:leads_lead_change", args=[clock.lead_id]),
        "strip": _strip(reading),
        "notes": reading.explanation.notes,
        "legs": [_leg(leg, clock) for leg in reading.explanation.legs],
        "pauses": [_pause(pause) for pause in reading.explanation.pauses],
        "days": [_day(day) for day in reading.explanation.days],
        "alarms": [_alarm(alarm) for alarm in reading.alarms],
        "waiting": [(waits.step, _exactly(waits.due_at)) for waits in reading.waiting],
    }
    return TemplateResponse(request, "handoff/console/explanation.html", context)


def _strip(reading: Explained) -> list[tuple[str, Any]]:
    clock = reading.clock
    cells = [
        ("Outcome", outcome_of(clock)),
        ("Target", _length(timedelta(seconds=clock.target_seconds))),
        ("Started", _exactly(clock.started_at)),
        ("Due", _exactly(clock.due_at)),
        ("Stopped", two_lines(_exactly(clock.stopped_at), _act(clock.stopped_by)) if clock.stopped_by else "Runs"),
        ("Took" if clock.stopped_at else "So far", _length(clock.elapsed or reading.explanation.counted)),
        ("Owner", clock.owner or "Nobody"),
        ("Time zones", clock.tz_version or "–"),
    ]
    if clock.excused_by:
        cells.append(("Excused", two_lines(clock.excused_by.by or "The system", clock.excused_by.facts["reason"])))
    return cells


def _leg(leg: ExplainedLeg, clock: Clock) -> dict[str, Any]:
    return {
        "start": _exactly(leg.start),
        "why": leg.why,
        "policy": leg.policy,
        "calendar": leg.calendar,
        "target": _length(timedelta(seconds=leg.policy.target_seconds)),
        "recounted": None if leg.recounted is None else _rows(leg.recounted, leg.zone, clock),
        "to_go": _length(leg.to_go),
        "rows": _rows(leg.stretches, leg.zone, clock),
        "until_due": _length(leg.until_due),
        "handed_on": None if leg.handed_on is None else _length(leg.handed_on),
    }


def _rows(stretches: Sequence[Counted], zone: ZoneInfo, clock: Clock) -> list[dict[str, Any]]:
    return [
        {
            "local": _span(stretch.start.astimezone(zone), stretch.end.astimezone(zone)),
            "utc": _span(stretch.start, stretch.end),
            "length": _length(stretch.length),
            "total": _length(stretch.total),
            "part": badge("To come", "info")
            if stretch.part == StretchPart.AHEAD and not clock.stopped_at
            else PARTS[stretch.part],
        }
        for stretch in stretches
    ]


def _pause(pause: ExplainedPause) -> dict[str, Any]:
    return {
        "cause": dict(Cause.choices).get(pause.cause, pause.cause),
        "note": pause.note,
        "by": pause.by or "The system",
        "start": _exactly(pause.start),
        "end": _exactly(pause.end) if pause.end else "Not known yet",
        "cut_short": _exactly(pause.held_until) if pause.is_cut_short else "",
    }


def _day(day: SpecialDay) -> dict[str, Any]:
    return {
        "day": _date(day.day),
        "why": WHYS[day.why],
        "label": "" if day.why == Why.CLOSED else day.label,
        "calendar": day.calendar,
    }


def _alarm(alarm: Alarm) -> dict[str, Any]:
    acknowledgment = alarm.acknowledged_by
    remarks = [alarm.note]
    if alarm.superseded:
        remarks.append("Overtaken by a later step, so no one was notified.")
    remarks += [f"Acknowledged by {acknowledgment.by or 'the system'}."] if acknowledgment else []
    remarks += [f"Did: {alarm.done_by.get_verb_display().lower()}."] if alarm.done_by else []
    notified = [f"{delivery}: {delivery.get_state_display().lower()}" for delivery in alarm.deliveries.all()]
    return {
        "step": alarm.step,
        "due": _exactly(alarm.due_at),
        "late": _length(alarm.fired_at - alarm.due_at),
        "remarks": [*filter(None, remarks), *notified],
    }


def _act(act: Transition) -> str:
    return f"{act.get_verb_display()}, {act.by or 'the system'}"


def _exactly(at: datetime | None) -> SafeString | str:
    """A moment in the zone of who looks, with its seconds."""
    return two_lines(moment(at), f"{timezone.localtime(at):%H:%M:%S}") if at and at.second else moment(at)


def _span(start: datetime, end: datetime) -> str:
    """Like `Mon 9 Mar 2026, 09:00:00 – 17:00:00`; the day of the end where it is another."""
    ends = _clock(end) if end.date() == start.date() else f"{_date(end)}, {_clock(end)}"
    return f"{_date(start)}, {_clock(start)} – {ends}"


def _length(length: timedelta) -> str:
    """To the second, as the page writes moments: what is below says nothing to whoever reads it."""
    return in_words(length // SECOND * SECOND, exact=True)


def _date(on: date) -> str:
    return f"{on:%a} {day(on)}"


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S}"


site.mount("clocks/<int:pk>/explanation/", page, "explanation")
