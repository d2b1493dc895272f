"""Where the time of a handoff went: its parts add up to the whole, to the second."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django import forms
from django.db import connection

from handoff.reports.counting import MANY, Counted, CountedRow
from handoff.reports.keeping import Question
from handoff.reports.kinds import Kind
from handoff.reports.report import Asked, Chart, Column, Report, Shape
from handoff.reports.rows import OF_A_LEAD, OF_TIME, Rows
from handoff.reports.rows_form import RowsForm
from handoff.reports.runs import Runs
from handoff.reports.tally import Tallies, Tally
from handoff.reports.tiles import Bounds
from sla.business_time import BusinessHours
from sla.models import Calendar

PARTS: Mapping[str, tuple[str, str, str]] = {
    "promote": (
        "offered_at",
        "Qualifying by marketing",
        "From the capture, or marketing's last answer, to the handoff",
    ),
    "assign": ("assigned_at", "Assigning", "From the handoff until somebody owned it"),
    "accept": ("decided_at", "Accepting", "From then until sales accepted or rejected it"),
    "touch": ("touched_at", "First touch", "From then to the first touch by a person"),
    "qualify": ("qualified_at", "Qualifying by sales", "From then until it was qualified"),
    "reject": ("rejected_at", "Until rejected", "From the last of these until it was rejected, if it was after all"),
    "answer": ("answered_at", "Marketing's answer", "From the rejection to marketing's answer"),
}
"""The moment that ends each part, in order. Each begins where the one before it ended."""
WALL, BUSINESS = "wall", "business"
ROWS: Mapping[str, Rows] = {**OF_TIME, **OF_A_LEAD}


def parts_of(moments: Mapping[str, datetime | None], hours: BusinessHours | None) -> Iterator[tuple[str, int]]:
    """Each part that has ended, with its seconds. What was done before its turn took no time of its own."""
    since = moments["start_at"]
    assert since is not None  # noqa: S101 a handoff has a lead, and that was captured
    for part, (ends, _, _) in PARTS.items():
        until = moments[ends]
        if until is None:
            continue
        until = max(until, since)
        seconds = hours.between(since, until) if hours else (until - since).total_seconds()
        yield part, round(seconds)
        since = until


_MOMENTS = [ends for ends, _, _ in PARTS.values()]
_ENDS = ", ".join(_MOMENTS)
_WHOLES = ("whole", *PARTS)


@dataclass(frozen=True)
class Delays(Counted):
    """The handoffs offered in a period: of each, business time is computed here, by the calendar of its clocks."""

    def from_tables(self, asked: Asked, now: datetime) -> list[CountedRow]:
        question = self.question(asked)
        tallies = self.total(question, Bounds(asked.get("from"), asked.get("to")), now)
        return self._rows_of(question, tallies)

    def _gathered(self, items: str, day: str, question: Question, bounds: Bounds, now: datetime) -> dict[date, Tallies]:
        taken: dict[date, Tallies] = defaultdict(dict)
        calendars = _Calendars(question.values["hours"])
        select = f"SELECT {day}, key, label, calendar_id, start_at, {_ENDS} FROM keyed item"  # noqa: S608 written here
        with connection.cursor() as cursor:
            cursor.execute(f"{self._keyed(question.rows, items)} {select}", self._asked(question, bounds, now))
            for at, key, label, calendar, start_at, *ends in cursor.fetchall():
                moments = {"start_at": start_at, **dict(zip(_MOMENTS, ends, strict=True))}
                tally = taken[at].setdefault(key, _nothing(label))
                _add(tally, dict(parts_of(moments, calendars.hours(calendar))))
        return {at: {key: _sorted(tally) for key, tally in tallies.items()} for at, tallies in taken.items()}

    def _of(self, tally: Tally) -> dict[str, Any]:
        many, *totals = tally.counts
        figures: dict[str, Any] = {MANY: many, "handoffs": many}
        for part, total, runs in zip(_WHOLES, totals, tally.runs, strict=True):
            figures |= {f"{part}_total": total, f"{part}_median": Runs(runs).at_share(0.5)}
        return figures


def _nothing(label: str | None) -> Tally:
    """The count of handoffs, and for the whole and each part the sum of its seconds; and those seconds one by one."""
    return Tally(label, [0] * (1 + len(_WHOLES)), [], [[[]] for _ in _WHOLES])


def _add(tally: Tally, parts: Mapping[str, int]) -> None:
    tally.counts[0] += 1
    seconds = [sum(parts.values()), *(parts.get(part) for part in PARTS)]
    for place, taken in enumerate(seconds):
        if taken is not None:
            tally.counts[1 + place] += taken
            tally.runs[place][0].append(taken)  # type: ignore[attr-defined]


def _sorted(tally: Tally) -> Tally:
    return replace(tally, runs=[[sorted(run) for run in runs if run] for runs in tally.runs])


class _Calendars:
    """The hours by which a handoff is measured: those that its clock has frozen, else those of the oldest calendar."""

    def __init__(self, hours: str) -> None:
        self._is_business = hours == BUSINESS
        self._by_id: dict[int | None, BusinessHours | None] = {}

    def hours(self, calendar: int | None) -> BusinessHours | None:
        """Nothing for wall time."""
        if self._is_business and calendar not in self._by_id:
            in_force = Calendar.objects.filter(retired_at=None).order_by("pk")
            first = (Calendar.objects.filter(pk=calendar) if calendar else in_force).first()
            self._by_id[calendar] = first.hours if first else None
        return self._by_id.get(calendar) if self._is_business else None


HANDOFFS = Delays(
    items="delays_items.sql",
    rows=ROWS,
    counts={"handoffs": "true"},
    values=lambda asked: {"hours": asked["hours"]},
)


class DelaysForm(RowsForm):
    offers = ROWS
    hours = forms.ChoiceField(
        choices=[(WALL, "Wall time"), (BUSINESS, "Business time")],
        label="Measured in",
        help_text="Business time is by the hours of the clocks of each handoff, as they were then.",
        required=False,
    )
    of_what = "Leads handed to sales"

    def clean_hours(self) -> str:
        return self.cleaned_data["hours"] or WALL


_MEDIAN, _TOTAL = "Median of a handoff", "All handoffs together"
REPORT = Report(
    name="delays",
    title="Where time goes",
    summary="Where the time of a handoff went, from the capture of the lead to marketing's answer.",
    form=DelaysForm,
    asked_first={"by": "month", "hours": WALL},
    columns=[
        Column("handoffs", "Handoffs", "Handoffs that were offered in the period."),
        Column("whole_median", "Whole", "Seconds from start to the last moment reached.", Kind.WALL_TIME, _MEDIAN),
        *(
            Column(f"{part}_median", label, f"{words}: seconds, of those that came so far.", Kind.WALL_TIME, _MEDIAN)
            for part, (_, label, words) in PARTS.items()
        ),
        Column("whole_total", "Whole", "Seconds of all handoffs: the sum of the parts.", Kind.WALL_TIME, _TOTAL),
        *(
            Column(f"{part}_total", label, f"{words}: seconds, added up.", Kind.WALL_TIME, _TOTAL)
            for part, (_, label, words) in PARTS.items()
        ),
    ],
    rows=HANDOFFS.answer,
    explanation=(
        "The parts of a handoff follow each other without a gap, so that they add up to the whole, to the second. What "
        "was done before its turn, like a touch before the acceptance, took no time of its own. Medians do not add up."
    ),
    nothing=("No handoff to measure", "No lead was handed to sales in this period."),
    icon="hourglass_bottom",
    chart=Chart([f"{part}_total" for part in PARTS], Shape.STACKED),
    behind=HANDOFFS.behind,
    opens=HANDOFFS.counts,
    about="handoff",
)
