"""What is with sales now: how long it has been there, and what slips through."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from handoff.reports.counting import NOW, Counted, CountedRow, percentile
from handoff.reports.keeping import snapshot
from handoff.reports.kinds import Kind
from handoff.reports.report import Asked, Chart, Column, Report, Shape
from handoff.reports.rows import OF_A_LEAD, OF_TIME, Rows
from handoff.reports.rows_form import RowsForm
from handoff.reports.tiles import Bounds

AGES = ((1, "Less than a day"), (3, "1 to 3 days"), (7, "3 to 7 days"), (14, "7 to 14 days"), (30, "14 to 30 days"))
OLDEST = "30 days and more"
BY_AGE = "age"
_JUST_LATER = timedelta(microseconds=1)


class Band(NamedTuple):
    """Leads that have been in their state for so long."""

    key: str
    label: str
    entered: Bounds


def bands(now: datetime) -> Iterator[Band]:
    """The youngest first."""
    end = None
    for days, label in AGES:
        start = now - timedelta(days) + _JUST_LATER
        yield Band(f"{days:02}", label, Bounds(start, end))
        end = start
    yield Band("31", OLDEST, Bounds(None, end))


def _age(words: bool) -> str:
    ages = " ".join(
        f"WHEN item.at > {NOW}::timestamptz - interval '{days} days' THEN '{text if words else f'{days:02}'}'"
        for days, text in AGES
    )
    return f"CASE {ages} ELSE '{OLDEST if words else '31'}' END"


ROWS: Mapping[str, Rows] = {
    BY_AGE: Rows("Time in the state", _age(False), _age(True), in_order=True),
    "state": Rows("State", "item.state", "upper(item.state)", in_order=True),
    **OF_A_LEAD,
    **OF_TIME,
}
_ENTERED = "date_part('epoch', item.at)", "is_lead"
OPEN = Counted(
    items="leakage_items.sql",
    rows=ROWS,
    counts={
        "leads": "is_lead",
        "leaking": "unowned OR owner_left OR unclocked",
        "unowned": "unowned",
        "owner_left": "owner_left",
        "unclocked": "unclocked",
        "untouched": "untouched",
        "overdue": "overdue",
    },
    sums={
        "entered_median": percentile(0.5, *_ENTERED),
        "entered_p10": percentile(0.1, *_ENTERED),
        "entered_first": percentile(0, *_ENTERED),
    },
    fullest="leads",
    due="leakage_due_items.sql",
    falls_due="item.due_at",
)
_AGES_OF = {"median_age": "entered_median", "p90_age": "entered_p10", "oldest": "entered_first"}


def leakage(asked: Asked, now: datetime) -> list[CountedRow]:
    """The rows. Those by age are periods: figures are kept by the day on which leads came into their state."""
    if asked["by"] != BY_AGE:
        return [_aged(row, now) for row in OPEN.answer(asked, now)]
    period = Bounds(asked["from"], asked["to"])
    with snapshot():
        return [
            replace(_aged(row, now), key=band.key, label=band.label)
            for band in bands(now)
            for part in _common(period, band.entered)
            for row in OPEN.answer({**asked, "by": "all", "from": part.start, "to": part.end}, now)
        ]


def _aged(row: CountedRow, now: datetime) -> CountedRow:
    """With ages instead of moments, in seconds that are exact to the millionth."""
    ages = {name: round(now.timestamp() - row.figures[entered], 6) for name, entered in _AGES_OF.items()}
    return replace(row, figures={**row.figures, **ages})


def _common(one: Bounds, other: Bounds) -> list[Bounds]:
    """What is in both, if anything is."""
    start = max(filter(None, (one.start, other.start)), default=None)
    end = min(filter(None, (one.end, other.end)), default=None)
    return [] if start and end and start >= end else [Bounds(start, end)]


class LeakageForm(RowsForm):
    offers = ROWS
    of_what = "Leads that came into their state"


_AGE, _LEAKS = "Time in the state", "What they lack"
REPORT = Report(
    name="leakage",
    title="Leakage and ageing",
    summary="What is with sales now: how long it has been there, and what slips through.",
    form=LeakageForm,
    asked_first={"by": "age"},
    columns=[
        Column("leads", "Leads", "MQL, SAL and SQL, as they stand now."),
        Column("leaking", "Leaking", "Those without an owner who is there, or without a clock.", group=_LEAKS),
        Column("unowned", "No owner", "Nobody owns them.", group=_LEAKS),
        Column("owner_left", "Owner left", "Their owner is inactive.", group=_LEAKS),
        Column(
            "unclocked",
            "No clock",
            "No clock runs for them, and none was met since they came into their state.",
            group=_LEAKS,
        ),
        Column("untouched", "No touch", "Nobody has been in contact since they came into their state.", group=_LEAKS),
        Column("overdue", "Overdue", "A clock of theirs runs past its due time.", group=_LEAKS),
        Column("median_age", "Median", "Seconds since they came into their state.", Kind.WALL_TIME, _AGE),
        Column("p90_age", "90% within", "Seconds: nine of ten have been there no longer.", Kind.WALL_TIME, _AGE),
        Column("oldest", "Longest", "Seconds of the one that has been there longest.", Kind.WALL_TIME, _AGE),
    ],
    rows=leakage,
    explanation=(
        "This is about now, whatever the period says: it only leaves out leads that came into their state at another "
        "time. What was merged, rejected or became an opportunity is not with sales any more."
    ),
    nothing=("No open lead", "No lead is with sales."),
    icon="water_drop",
    chart=Chart(["leads", "leaking", "overdue"], Shape.BARS),
    behind=OPEN.behind,
    opens=OPEN.counts,
)
