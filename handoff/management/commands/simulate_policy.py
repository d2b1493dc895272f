"""manage.py simulate_policy: what another target, calendar or ladder would have made of the recorded history."""

import json
from argparse import ArgumentTypeError
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from handoff.management.moments import moment
from handoff.management.terminal import printable
from handoff.reports.kinds import percent
from handoff.reports.period import BACKWARDS
from handoff.reports.proposal import NothingToCountBy, Proposal, ladder
from handoff.reports.simulated import Outcomes, Simulation, as_dict
from handoff.reports.simulation import simulate
from sla.durations import InvalidDuration, in_words, parse
from sla.metrics import Metric
from sla.models import Calendar


def duration(text: str) -> int:
    """A length of business time on the command line, in seconds."""
    try:
        return parse(text, least=1)
    except InvalidDuration as error:
        raise ArgumentTypeError(str(error)) from error


class Command(BaseCommand):
    help = "Replay the recorded history against a proposed target, calendar or ladder. Nothing is written."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--metric", choices=Metric.values, required=True)
        parser.add_argument("--target", type=duration, help="like 4h, 90m or 1h30; without it that of each clock")
        parser.add_argument("--calendar", help="the key of a calendar in force; without it that of each clock")
        parser.add_argument(
            "--warn", type=int, action="append", help="a warning at that per cent of the target; repeat it"
        )
        parser.add_argument(
            "--escalate", type=duration, action="append", help="a step this long after the target; repeat it"
        )
        parser.add_argument("--from", dest="start", type=moment, help="what started from then, like 2026-03-01")
        parser.add_argument("--to", dest="end", type=moment, help="and before then, like 2026-04-01")
        parser.add_argument(
            "--every-start", action="store_true", help="also what started when no policy judged it, and ran no clock"
        )
        parser.add_argument("--json", action="store_true", help="print a JSON object")

    def handle(self, *, start: datetime | None, end: datetime | None, **options: Any) -> None:
        if start and end and end <= start:
            raise CommandError(BACKWARDS, returncode=2)
        try:
            simulation = simulate(_proposal(options), start, end, every_start=options["every_start"])
        except NothingToCountBy as error:
            raise CommandError(str(error), returncode=2) from error
        if options["json"]:
            self.stdout.write(json.dumps(as_dict(simulation)))
            return
        for line in _lines(simulation):
            self.stdout.write(printable(line))


def _proposal(options: dict[str, Any]) -> Proposal:
    calendar = None
    if key := options["calendar"]:
        calendar = Calendar.objects.filter(key=key, retired_at=None).first()
        if calendar is None:
            keys = ", ".join(Calendar.objects.filter(retired_at=None).values_list("key", flat=True)) or "none"
            raise CommandError(f"There is no calendar “{key}” in force. There are: {keys}.", returncode=2)
    warn, escalate = options["warn"] or [], options["escalate"] or []
    if any(not 1 <= share <= 99 for share in warn):
        raise CommandError("A warning must be at 1 to 99 per cent of the target.", returncode=2)
    steps = ladder(warn, escalate) if warn or escalate else None
    return Proposal(Metric(options["metric"]), options["target"], calendar, steps)


def _lines(simulation: Simulation) -> Iterator[str]:
    proposal = simulation.proposal
    replayed = "clocks" if simulation.recorded else "starts"
    yield f"{proposal.metric.label}, {simulation.total:,} {replayed} replayed; nothing is written"
    yield f"  Target    {in_words(proposal.target_seconds, exact=True) if proposal.target_seconds else 'unchanged'}"
    yield f"  Calendar  {proposal.calendar or 'unchanged'}"
    yield f"  Ladder    {', '.join(map(str, proposal.ladder)) if proposal.ladder else 'unchanged'}"
    yield ""
    outcomes = [("Proposed", simulation.proposed)]
    if simulation.recorded:
        outcomes.append(("Recorded", simulation.recorded))
    yield from _table(
        ("", "Attainment", "Met", "Breached", "Excused", "Cancelled", "Running"),
        [(name, percent(row.attainment), *_counts(row)) for name, row in outcomes],
    )
    if simulation.recorded:
        yield f"Newly met: {simulation.newly_met:,}. Newly missed: {simulation.newly_missed:,}."
    if simulation.uncounted:
        yield f"Without a due time (paused without an end, or an error): {simulation.uncounted:,}."
    yield "\nAlarms that would have been sent"
    notified = [
        (row.audience, row.who, *_numbers(row.warnings, row.breaches, row.escalations)) for row in simulation.notified
    ]
    yield from _table(("Audience", "Who", "Warnings", "Breaches", "Escalations"), notified)
    yield "\nLoad within an hour: hours with at least one deadline or alarm, in each rep's time zone"
    loads = [(row.who, *_numbers(*row.of_deadlines), *_numbers(*row.of_alarms), row.busiest) for row in simulation.load]
    titles = ("Rep", "Deadlines", "90% within", "Peak", "Alarms", "90% within", "Peak", "Busiest hour")
    yield from _table(titles, loads)


def _counts(row: Outcomes) -> tuple[str, ...]:
    return _numbers(row.met, row.breached, row.excused, row.cancelled, row.running)


def _numbers(*numbers: float) -> tuple[str, ...]:
    return tuple(f"{number:,.1f}".removesuffix(".0") for number in numbers)


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    all_rows = [titles, *rows]
    widths = [max(len(row[column]) for row in all_rows) for column in range(len(titles))]
    for row in all_rows:
        yield "  " + "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
    if len(all_rows) == 1:
        yield "  none"
