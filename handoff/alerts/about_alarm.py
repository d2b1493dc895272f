"""What is said of an alarm: what is due or was missed, by how much, and what has happened since."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from handoff.alerts.about_act import PAST
from handoff.alerts.content import Content, facts_of, lead_link, name, sentence, title, zone_of
from handoff.alerts.moments import moment, span, time_of_day
from handoff.models import Delivery
from leads.models import Lead
from sla.metrics import Metric
from sla.models import Alarm, Clock, ClockState, StepKind

ACTIONS: dict[str, str] = {
    Metric.TIME_TO_ACCEPT: "acceptance",
    Metric.TIME_TO_TOUCH: "first touch",
    Metric.SPEED_TO_LEAD: "first touch promised to the buyer",
    Metric.TIME_TO_QUALIFY: "qualification",
    Metric.TIME_TO_ANSWER: "marketing's answer",
}
WORTH_SAYING = timedelta(minutes=1)


def told_of(alarms: QuerySet[Alarm]) -> QuerySet[Alarm]:
    """Alarms with all that is said of them, in several statements: to plan one with all its joins takes far longer."""
    leads = Lead.objects.select_related("owner__team", "team", "campaign")
    return alarms.select_related("step", "clock__calendar", "clock__policy").prefetch_related(
        Prefetch("clock__lead", leads), "clock__owner", "clock__stopped_by__by", "done_by__owner"
    )


def about_alarm(delivery: Delivery) -> Content:
    alarm = delivery.alarm_in_full or told_of(Alarm.objects.filter(deliveries=delivery)).get()
    clock, lead = alarm.clock, alarm.clock.lead
    zone, now = zone_of(delivery, lead), timezone.now()
    return Content(
        lead_id=lead.pk,
        subject=f"{_subject(alarm, zone, now)} – {title(lead)}",
        headline=_headline(alarm, zone, now),
        lines=(_since(clock, zone), _done(alarm), _unowned(clock), _late(alarm)),
        facts=(
            *facts_of(lead),
            ("Due", "" if clock.paused else moment(_due(alarm), zone)),
            ("Owed by", name(clock.owner, nobody="")),
            ("Policy", f"{clock.policy.name}, {span(clock.target_seconds)} of business time"),
        ),
        links=(lead_link(lead),),
        zone=zone.key,
    )


def in_short(alarm: Alarm) -> tuple[str, datetime]:
    """What it is about in a few words, and when that was due."""
    kind, what = alarm.step.get_kind_display(), obligation_of(alarm.clock)
    past = f", {span(alarm.step.after_seconds)} past due" if alarm.step.kind == StepKind.ESCALATION else ""
    return f"{kind}: {what}{past} – {title(alarm.clock.lead)}", _due(alarm)


def since(alarm: Alarm, zone: ZoneInfo) -> str:
    """What has become of it by now."""
    return f"{_since(alarm.clock, zone)} {_done(alarm)}".strip()


def obligation_of(clock: Clock) -> str:
    return ACTIONS.get(clock.metric, clock.get_metric_display())


def _due(alarm: Alarm) -> datetime:
    """When it was due as the alarm fired: a breach keeps its moment, whatever became of the clock."""
    return alarm.due_at if alarm.step.kind == StepKind.BREACH else alarm.clock.due_at or alarm.due_at


def _subject(alarm: Alarm, zone: ZoneInfo, now: datetime) -> str:
    what, due = obligation_of(alarm.clock), _due(alarm)
    match alarm.step.kind:
        case StepKind.BREACH:
            return f"Breach: {what} was due {time_of_day(due, zone)}"
        case StepKind.ESCALATION:
            return f"Escalation: {what} {span(alarm.step.after_seconds)} past due"
    if alarm.clock.paused:
        return f"Warning: {what}, paused by now"
    if alarm.clock.stopped_at or now >= due:
        return f"Warning: {what} was due {time_of_day(due, zone)}"
    return f"Due in {span(_business_seconds(alarm.clock, now, due))}: {what}"


def _headline(alarm: Alarm, zone: ZoneInfo, now: datetime) -> str:
    due, clock = _due(alarm), alarm.clock
    what, apart = sentence(obligation_of(clock)), span(_business_seconds(clock, now, due))
    match alarm.step.kind:
        case StepKind.BREACH:
            return f"{what} was due on {moment(due, zone)}: {apart} of business time ago."
        case StepKind.ESCALATION:
            overdue = span(alarm.step.after_seconds)
            return f"{what} was due on {moment(due, zone)}, and still open {overdue} of business time later."
    if clock.paused:
        return f"{what} is owed; when it is due is not known before the lead is resumed."
    if now < due:
        return f"{what} is due on {moment(due, zone)}: {apart} of business time left."
    return f"{what} was due on {moment(due, zone)}: {apart} of business time ago. This warning comes late."


def _since(clock: Clock, zone: ZoneInfo) -> str:
    """What has become of the clock by now. The alarm stands; this is added to it."""
    if clock.paused:
        return "Its clocks have been paused since, until the lead is resumed or moves on."
    if clock.stopped_at is None:
        return "It is still open."
    act = clock.stopped_by
    cause = f"{name(act.by)} {PAST[act.verb]} the lead on" if act else "it ended on"
    since = f"Since then: {cause} {moment(clock.stopped_at, zone)}; the clock"
    match clock.state:
        case ClockState.BREACHED:
            past = span(_business_seconds(clock, clock.due_at or clock.stopped_at, clock.stopped_at))
            return f"{since} was breached, by {past} of business time."
        case ClockState.MET:
            return f"{since} was met."
    return f"{since} was cancelled."


def _done(alarm: Alarm) -> str:
    """What the step did besides telling, or why it did nothing."""
    act = alarm.done_by
    moved = f"Handoff gave it to {act.owner}." if act and act.owner else "Handoff returned it to the queue."
    return f"{moved if act else ''} {alarm.note}".strip()


def _unowned(clock: Clock) -> str:
    return "" if clock.lead.owner_id else "Nobody owns this lead: assign it to somebody who is there."


def _late(alarm: Alarm) -> str:
    late = alarm.fired_at - alarm.due_at
    return f"Handoff noticed this {span(late.total_seconds())} late." if late >= WORTH_SAYING else ""


def _business_seconds(clock: Clock, start: datetime, end: datetime) -> float:
    return clock.calendar.hours.between(start, end)
