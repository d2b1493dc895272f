"""Where the time of a handoff went: its parts add up to the whole, to the second."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.db import connection

from handoff.reports.counting import Counted, CountedRow
from handoff.reports.kinds import Kind
from handoff.reports.ranks import at_share
from handoff.reports.report import Asked, Chart, Column, Report, Shape
from handoff.reports.rows import OF_A_LEAD, OF_TIME, Rows, label_of, rows_by, spelled
from handoff.reports.rows_form import RowsForm
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
HANDOFFS = Counted(items="delays_items.sql", rows=ROWS, counts={"handoffs": "true"})


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


def delays(asked: Asked, now: datetime) -> list[CountedRow]:
    """The handoffs offered in a period, each looked at: about a second for each fifty thousand of them."""
    rows = rows_by(asked["by"], ROWS)
    statement, values = HANDOFFS.keyed(asked, now)
    taken: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    names: dict[str, str | None] = {}
    calendars = _Calendars(asked["hours"])
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} SELECT key, label, calendar_id, start_at, {_ENDS} FROM keyed", values)  # noqa: S608
        for key, name, calendar, start_at, *ends in cursor.fetchall():
            moments = {"start_at": start_at, **dict(zip(_MOMENTS, ends, strict=True))}
            _add(taken[key], parts_of(moments, calendars.hours(calendar)))
            names[key] = name
    made = [
        CountedRow(spelled(asked["by"], key), label_of(asked["by"], rows, key, names[key]), _figures(parts))
        for key, parts in taken.items()
    ]
    return sorted(made, key=lambda row: (0 if rows.in_order else -row.handoffs, row.key))


_MOMENTS = [ends for ends, _, _ in PARTS.values()]
_ENDS = ", ".join(_MOMENTS)


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


def _add(taken: dict[str, list[int]], parts: Iterator[tuple[str, int]]) -> None:
    whole = 0
    for part, seconds in parts:
        taken[part].append(seconds)
        whole += seconds
    taken["whole"].append(whole)


def _figures(taken: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    figures: dict[str, Any] = {"handoffs": len(taken["whole"])}
    for part in ("whole", *PARTS):
        seconds = taken.get(part, ())
        figures[f"{part}_total"] = sum(seconds)
        figures[f"{part}_median"] = at_share(0.5, seconds) if seconds else None
    return figures


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
    rows=delays,
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
