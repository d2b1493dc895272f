"""What is with sales now: how long it has been there, and what slips through."""

from collections.abc import Mapping

from handoff.reports.counting import Counted, percentile
from handoff.reports.kinds import Kind
from handoff.reports.report import Chart, Column, Report, Shape
from handoff.reports.rows import OF_A_LEAD, OF_TIME, Rows
from handoff.reports.rows_form import RowsForm

DAY = 86_400
AGES = ((1, "Less than a day"), (3, "1 to 3 days"), (7, "3 to 7 days"), (14, "7 to 14 days"), (30, "14 to 30 days"))
OLDEST = "30 days and more"


def _age(words: bool) -> str:
    ages = " ".join(f"WHEN item.age < {days * DAY} THEN '{text if words else f'{days:02}'}'" for days, text in AGES)
    return f"CASE {ages} ELSE '{OLDEST if words else '31'}' END"


ROWS: Mapping[str, Rows] = {
    "age": Rows("Time in the state", _age(False), _age(True), in_order=True),
    "state": Rows("State", "item.state", "upper(item.state)", in_order=True),
    **OF_A_LEAD,
    **OF_TIME,
}
OPEN = Counted(
    items="leakage_items.sql",
    rows=ROWS,
    counts={
        "leads": "true",
        "leaking": "unowned OR owner_left OR unclocked",
        "unowned": "unowned",
        "owner_left": "owner_left",
        "unclocked": "unclocked",
        "untouched": "untouched",
        "overdue": "overdue",
    },
    sums={"median_age": percentile(0.5, "age"), "p90_age": percentile(0.9, "age"), "oldest": percentile(1, "age")},
)


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
    rows=OPEN.answer,
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
