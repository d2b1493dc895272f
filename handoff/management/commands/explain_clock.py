"""manage.py explain_clock: why a clock is due when it is, as a table that adds up by hand."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from handoff.api.explanations import ExplanationShape
from handoff.management.terminal import printable
from handoff.reports.explanation import Explained, as_dict, explainable, explained
from handoff.workflow.facts.timing import Cause
from leads.models import Transition
from sla.durations import in_words
from sla.explanation import Counted, ExplainedLeg, ExplainedPause
from sla.models import Alarm, Calendar, Clock

PART = {"counted": "", "ahead": "ahead", "late": "late"}


class Command(BaseCommand):
    help = "Explain why a clock is due when it is: versions, stretches, pauses, days, alarms. Changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("clock", type=int, help="its number, as in the console's address and in the API")
        parser.add_argument("--json", action="store_true", help="print a JSON object, that of the API")

    def handle(self, *, clock: int, **options: Any) -> None:
        chosen = explainable(Clock.objects.filter(pk=clock)).first()
        if chosen is None:
            raise CommandError(f"There is no clock {clock}.")
        details = explained(chosen, timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(ExplanationShape(as_dict(details)).data))
            return
        for line in lines(details):
            self.stdout.write(printable(line))


def lines(details: Explained) -> Iterator[str]:
    """The explanation for a person; all moments in UTC, stretches also in the time zone of their calendar."""
    yield from _head(details)
    for number, leg in enumerate(details.explanation.legs, 1):
        yield from _leg(number, leg)
    yield from _section("Pauses", (_pause(pause) for pause in details.explanation.pauses))
    days = (f"{day.day:%a %Y-%m-%d}  {day.why}: {day.label} ({day.calendar})" for day in details.explanation.days)
    yield from _section("Days that do not count as others", days)
    yield from _section("Alarms", _alarms(details))


def _head(details: Explained) -> Iterator[str]:
    clock = details.clock
    yield f"Clock {clock.pk}: {clock.get_metric_display().lower()} of {clock.lead}, cycle {clock.cycle}"
    rows = [
        ("Policy", str(clock.policy)),
        ("Target", in_words(timedelta(seconds=clock.target_seconds), exact=True)),
        ("Time zones", clock.tz_version or "of an unknown version"),
        ("Owner", str(clock.owner or "no one")),
        ("Started", _moment(clock.started_at)),
        ("Due", _moment(clock.due_at)),
        ("Stopped", f"{_moment(clock.stopped_at)}, {_by(clock.stopped_by)}" if clock.stopped_by else "runs"),
        ("Outcome", clock.get_state_display().lower()),
        ("Took" if clock.stopped_at else "So far", in_words(clock.elapsed or details.explanation.counted, exact=True)),
    ]
    if clock.excused_by:
        rows.append(("Excused", f"{_by(clock.excused_by)}: {clock.excused_by.facts.get('reason', '')}"))
    yield from (f"  {label:<11}{text}" for label, text in rows)
    yield from (f"  {note}" for note in details.explanation.notes)


def _leg(number: int, leg: ExplainedLeg) -> Iterator[str]:
    yield f"\nLeg {number} from {_moment(leg.start)}"
    yield f"  {leg.why}"
    yield f"  {leg.policy}; {_calendar(leg.calendar)}"
    if leg.recounted is not None:
        yield f"  Target {in_words(timedelta(seconds=leg.policy.target_seconds), exact=True)}; counted since the start:"
        yield from _table(leg.recounted, leg.zone)
    yield f"  To go: {in_words(leg.to_go, exact=True)}"
    yield from _table(leg.stretches, leg.zone)
    if leg.handed_on is not None:
        to_go, counted, left = (in_words(part, exact=True) for part in (leg.to_go, leg.until_due, leg.handed_on))
        yield f"  Handed on: {to_go} - {counted} = {left}"


def _table(stretches: Sequence[Counted], zone: ZoneInfo) -> Iterator[str]:
    if not stretches:
        return
    rows = [("from (UTC)", "until (UTC)", f"{zone}", "length", "sum", "")]
    for stretch in stretches:
        local = f"{_short(stretch.start.astimezone(zone))} - {_short(stretch.end.astimezone(zone))}"
        ends = _short(stretch.start), _short(stretch.end)
        rows.append(
            (
                *ends,
                local,
                in_words(stretch.length, exact=True),
                in_words(stretch.total, exact=True),
                PART[stretch.part],
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    for row in rows:
        yield "    " + "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()


def _section(title: str, rows: Iterable[str]) -> Iterator[str]:
    listed = list(rows)
    if listed:
        yield f"\n{title}"
        yield from (f"  {row}" for row in listed)


def _pause(pause: ExplainedPause) -> str:
    cause = dict(Cause.choices).get(pause.cause, pause.cause)
    text = f"{_moment(pause.start)} - {_moment(pause.end) if pause.end else 'open'}  {cause}, {_by(pause.act)}"
    if pause.is_cut_short:
        text += f"; its budget stops the clock until {_moment(pause.held_until)}"
    return f"{text}: {pause.note}" if pause.note else text


def _alarms(details: Explained) -> Iterator[str]:
    for alarm in details.alarms:
        yield _alarm(alarm)
        for delivery in alarm.deliveries.all():
            yield f"    {delivery}: {delivery.get_state_display().lower()}"
    for waits in details.waiting:
        yield f"{waits.step}: waits until {_moment(waits.due_at)}"


def _alarm(alarm: Alarm) -> str:
    late = in_words(alarm.fired_at - alarm.due_at, exact=True)
    text = f"{alarm.step}: due {_moment(alarm.due_at)}, fired {late} late"
    if alarm.superseded:
        text += ", superseded"
    if alarm.acknowledged_by:
        text += f", acknowledged by {alarm.acknowledged_by.by or 'the system'}"
    if alarm.done_by:
        text += f", did {alarm.done_by.verb}"
    return f"{text}, {alarm.note}" if alarm.note else text


def _by(act: Transition) -> str:
    return f"{act.get_verb_display().lower()} by {act.by or 'the system'}"


def _calendar(calendar: Calendar) -> str:
    return f"{calendar}, {calendar.zone}"


def _moment(at: datetime | None) -> str:
    return f"{_short(at)} UTC" if at else "not known"


def _short(at: datetime) -> str:
    """Like `Mon 2026-03-09 10:42:05`, with the fraction of a second where there is one."""
    fraction = f".{at.microsecond:06}".rstrip("0") if at.microsecond else ""
    return f"{at:%a %Y-%m-%d %H:%M:%S}{fraction}"
