"""A clock with all that led to its deadline and whom its alarms notified: one reading for every door."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, QuerySet

from handoff.models import Delivery
from leads.models import Transition
from sla.explanation import Counted, ExplainedLeg, ExplainedPause, Explanation, SpecialDay, explain
from sla.models import Alarm, Calendar, Clock, PendingAlarm, Policy


@dataclass(frozen=True)
class Explained:
    """A clock explained, with the alarms that fired and those that still wait."""

    explanation: Explanation
    alarms: Sequence[Alarm]
    waiting: Sequence[PendingAlarm]

    @property
    def clock(self) -> Clock:
        return self.explanation.clock


def explainable(clocks: QuerySet[Clock]) -> QuerySet[Clock]:
    """Clocks with what their explanation shows, in a number of queries that does not grow."""
    notified = Prefetch("deliveries", Delivery.objects.select_related("recipient", "destination").order_by("pk"))
    fired = Alarm.objects.select_related("step", "acknowledged_by__by", "done_by").prefetch_related(notified)
    return clocks.select_related("lead", "policy", "owner", "stopped_by__by", "excused_by__by").prefetch_related(
        Prefetch("alarms", fired),
        Prefetch("pending", PendingAlarm.objects.select_related("step").order_by("due_at", "pk")),
    )


def explained(clock: Clock, now: datetime) -> Explained:
    """Explain a clock that came through `explainable`."""
    acts = Transition.written.filter(lead=clock.lead_id).select_related("by", "owner").order_by("at", "id")
    return Explained(explain(clock, list(acts), now), list(clock.alarms.all()), list(clock.pending.all()))


def as_dict(reading: Explained) -> dict[str, Any]:
    """An explanation as every machine reads it. Lengths are in seconds of business time, exact to the microsecond."""
    explanation, clock = reading.explanation, reading.clock
    return {
        "id": clock.pk,
        "lead": clock.lead_id,
        "metric": clock.metric,
        "cycle": clock.cycle,
        "round": clock.round,
        "as_of": explanation.now,
        "owner": clock.owner and clock.owner.username,
        "policy": _policy(clock.policy),
        "target_seconds": clock.target_seconds,
        "tz_version": clock.tz_version,
        "started_at": clock.started_at,
        "due_at": clock.due_at,
        "stopped_at": clock.stopped_at,
        "state": clock.state,
        "elapsed_seconds": _seconds(clock.elapsed),
        "counted_seconds": _seconds(explanation.counted),
        "stopped_by": _act(clock.stopped_by),
        "excused_by": _act(clock.excused_by),
        "notes": list(explanation.notes),
        "legs": [_leg(leg) for leg in explanation.legs],
        "pauses": [_pause(pause) for pause in explanation.pauses],
        "days": [_day(day) for day in explanation.days],
        "alarms": [_alarm(alarm) for alarm in reading.alarms],
        "waiting": [{"step": str(waits.step), "due_at": waits.due_at} for waits in reading.waiting],
    }


def _leg(leg: ExplainedLeg) -> dict[str, Any]:
    return {
        "start": leg.start,
        "why": leg.why,
        "act": _act(leg.act),
        "policy": _policy(leg.policy),
        "calendar": _calendar(leg.calendar),
        "recounted": None if leg.recounted is None else [_stretch(stretch, leg.zone) for stretch in leg.recounted],
        "to_go_seconds": _seconds(leg.to_go),
        "stretches": [_stretch(stretch, leg.zone) for stretch in leg.stretches],
        "handed_on_seconds": _seconds(leg.handed_on),
    }


def _stretch(stretch: Counted, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "start": stretch.start,
        "end": stretch.end,
        "local_start": stretch.start.astimezone(zone).isoformat(),
        "local_end": stretch.end.astimezone(zone).isoformat(),
        "part": stretch.part.value,
        "seconds": _seconds(stretch.length),
        "total_seconds": _seconds(stretch.total),
    }


def _pause(pause: ExplainedPause) -> dict[str, Any]:
    return {
        "cause": pause.cause,
        "note": pause.note,
        "by": pause.by and pause.by.username,
        "start": pause.start,
        "end": pause.end,
        "held_until": pause.held_until,
        "is_cut_short": pause.is_cut_short,
    }


def _day(day: SpecialDay) -> dict[str, Any]:
    return {"day": day.day, "why": day.why.value, "what": day.label, "calendar": _calendar(day.calendar)}


def _alarm(alarm: Alarm) -> dict[str, Any]:
    return {
        "id": alarm.pk,
        "step": str(alarm.step),
        "due_at": alarm.due_at,
        "fired_at": alarm.fired_at,
        "late_seconds": _seconds(alarm.fired_at - alarm.due_at),
        "superseded": alarm.superseded,
        "acknowledged_by": _act(alarm.acknowledged_by),
        "done": alarm.done_by and alarm.done_by.verb,
        "note": alarm.note,
        "notified": [
            {
                "medium": delivery.medium,
                "to": delivery.recipient.username if delivery.recipient else delivery.place,
                "state": delivery.state,
                "sent_at": delivery.sent_at,
            }
            for delivery in alarm.deliveries.all()
        ],
    }


def _act(act: Transition | None) -> dict[str, Any] | None:
    if act is None:
        return None
    return {
        "id": act.pk,
        "verb": act.verb,
        "by": act.by and act.by.username,
        "at": act.at,
        "reason": str(act.facts.get("reason", "")),
    }


def _policy(policy: Policy) -> dict[str, Any]:
    return {"key": policy.key, "name": policy.name, "version": policy.version}


def _calendar(calendar: Calendar) -> dict[str, Any]:
    return {"key": calendar.key, "name": calendar.name, "version": calendar.version, "zone": calendar.zone}


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()
