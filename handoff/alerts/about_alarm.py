"""What is said of an alarm: what is due or was missed, by how much, and what has happened since."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from handoff.alerts.content import Content, facts_of, lead_link, name, sentence, title, zone_of
from handoff.alerts.moments import moment, time_of_day
from handoff.alerts.offers import offers_of
from handoff.models import Delivery
from leads.models import Lead, Verb
from sla.durations import in_words
from sla.metrics import Metric
from sla.models import Alarm, Clock, ClockState, StepKind

# What is owed by each metric, as a noun: "Breach: acceptance was due 10:42 CET".
OBLIGATIONS: dict[Metric, str] = {
    Metric.TIME_TO_ASSIGN: "assignment to an owner",
    Metric.TIME_TO_ACCEPT: "acceptance",
    Metric.TIME_TO_TOUCH: "first touch",
    Metric.SPEED_TO_LEAD: "first touch promised to the buyer",
    Metric.TIME_TO_NEXT_TOUCH: "next touch",
    Metric.TIME_TO_QUALIFY: "qualification",
    Metric.TIME_TO_CONVERT: "conversion to an opportunity",
    Metric.TIME_TO_ANSWER: "marketing's answer",
    Metric.TIME_TO_DECIDE: "decision of the dispute",
}
WORTH_SAYING = timedelta(minutes=1)


def with_details(alarms: QuerySet[Alarm]) -> QuerySet[Alarm]:
    """Alarms with everything that a message says of them.

    In several statements: to plan one with all its joins takes far longer.
    """
    leads = Lead.objects.select_related("owner__team", "team", "campaign")
    return alarms.select_related("step", "clock__calendar", "clock__policy").prefetch_related(
        Prefetch("clock__lead", leads), "clock__owner", "clock__stopped_by__by", "done_by__owner"
    )


def about_alarm(delivery: Delivery) -> Content:
    alarm = delivery.alarm_in_full or with_details(Alarm.objects.filter(deliveries=delivery)).get()
    clock, lead = alarm.clock, alarm.clock.lead
    zone, now = zone_of(delivery, lead), timezone.now()
    return Content(
        key=delivery.key,
        kind=f"alarm.{alarm.step.kind}",
        at=alarm.due_at,
        lead_id=lead.pk,
        subject=subject_of(alarm, delivery, now),
        headline=_headline(alarm, zone, now),
        lines=(_since(clock, zone), _done(alarm), _unowned(clock), _late(alarm)),
        facts=(
            *facts_of(lead),
            ("Due", "" if clock.paused else moment(_due(alarm), zone)),
            ("Owed by", name(clock.owner, nobody="")),
            ("Policy", f"{clock.policy.name}, {in_words(clock.target_seconds, exact=True)} of business time"),
        ),
        links=(lead_link(lead),),
        zone=zone.key,
        about={"alarm": alarm.pk, "clock": clock.pk, "metric": clock.metric, "due_at": _due(alarm).isoformat()},
        offers=offers_of(delivery, lead, alarm),
    )


def subject_of(alarm: Alarm, delivery: Delivery, now: datetime) -> str:
    """Known without asking the database, of an alarm with its details."""
    lead = alarm.clock.lead
    return f"{_subject(alarm, zone_of(delivery, lead), now)} – {title(lead)}"


def in_short(alarm: Alarm) -> tuple[str, datetime]:
    """What it is about in a few words, and when that was due."""
    kind, obligation = alarm.step.get_kind_display(), obligation_of(alarm.clock)
    past = (
        f", {in_words(alarm.step.after_seconds, exact=True)} past due" if alarm.step.kind == StepKind.ESCALATION else ""
    )
    return f"{kind}: {obligation}{past} – {title(alarm.clock.lead)}", _due(alarm)


def since(alarm: Alarm, zone: ZoneInfo) -> str:
    """What has become of it by now."""
    return f"{_since(alarm.clock, zone)} {_done(alarm)}".strip()


def obligation_of(clock: Clock) -> str:
    return OBLIGATIONS[Metric(clock.metric)]


def _due(alarm: Alarm) -> datetime:
    """When it was due as the alarm fired: a breach keeps its moment, whatever became of the clock."""
    return alarm.due_at if alarm.step.kind == StepKind.BREACH else alarm.clock.due_at or alarm.due_at


def _subject(alarm: Alarm, zone: ZoneInfo, now: datetime) -> str:
    obligation, due = obligation_of(alarm.clock), _due(alarm)
    match alarm.step.kind:
        case StepKind.BREACH:
            return f"Breach: {obligation} was due {time_of_day(due, zone)}"
        case StepKind.ESCALATION:
            return f"Escalation: {obligation} {in_words(alarm.step.after_seconds, exact=True)} past due"
    if alarm.clock.paused:
        return f"Warning: {obligation} (paused)"
    if alarm.clock.stopped_at or now >= due:
        return f"Warning: {obligation} was due {time_of_day(due, zone)}"
    return f"Due in {in_words(_business_seconds(alarm.clock, now, due), business=True)}: {obligation}"


def _headline(alarm: Alarm, zone: ZoneInfo, now: datetime) -> str:
    due, clock = _due(alarm), alarm.clock
    obligation, apart = sentence(obligation_of(clock)), in_words(_business_seconds(clock, now, due), business=True)
    match alarm.step.kind:
        case StepKind.BREACH:
            return f"{obligation} was due on {moment(due, zone)}: {apart} of business time ago."
        case StepKind.ESCALATION:
            overdue = in_words(alarm.step.after_seconds, exact=True)
            return f"{obligation} was due on {moment(due, zone)}, and still open {overdue} of business time later."
    if clock.paused:
        return f"{obligation} is pending; it has no due time while the lead is paused."
    if now < due:
        return f"{obligation} is due on {moment(due, zone)}: {apart} of business time left."
    return f"{obligation} was due on {moment(due, zone)}: {apart} of business time ago. This warning comes late."


def _since(clock: Clock, zone: ZoneInfo) -> str:
    """What has become of the clock by now. The alarm stands; this is added to it."""
    if clock.paused:
        return "Its clocks are paused until the lead is resumed or moves on."
    if clock.stopped_at is None:
        return "It is still open."
    act = clock.stopped_by
    cause = f"{name(act.by)} {Verb(act.verb).past} the lead on" if act else "it ended on"
    since = f"Since then: {cause} {moment(clock.stopped_at, zone)}; the clock"
    match clock.state:
        case ClockState.BREACHED:
            past = in_words(_business_seconds(clock, clock.due_at or clock.stopped_at, clock.stopped_at), business=True)
            return f"{since} was breached by {past} of business time."
        case ClockState.MET:
            return f"{since} was met."
    return f"{since} was cancelled."


def _done(alarm: Alarm) -> str:
    """What the step did besides notifying people, or why it did nothing."""
    act = alarm.done_by
    moved = f"Handoff gave it to {act.owner}." if act and act.owner else "Handoff returned it to the queue."
    return f"{moved if act else ''} {alarm.note}".strip()


def _unowned(clock: Clock) -> str:
    return "" if clock.lead.owner_id else "This lead has no owner. Assign it to someone available."


def _late(alarm: Alarm) -> str:
    late = alarm.fired_at - alarm.due_at
    return f"Handoff noticed this {in_words(late)} late." if late >= WORTH_SAYING else ""


def _business_seconds(clock: Clock, start: datetime, end: datetime) -> float:
    return clock.calendar.hours.between(start, end)
