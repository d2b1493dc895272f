"""How far the leads of each week of capture have come, as of any day."""

from collections.abc import Mapping

from handoff.reports.counting import Counted, share
from handoff.reports.kinds import Kind
from handoff.reports.period import BoundField
from handoff.reports.report import Chart, Column, Report, Shape
from handoff.reports.rows import OF_A_LEAD, OF_TIME, Rows
from handoff.reports.rows_form import RowsForm

ROWS: Mapping[str, Rows] = {**OF_TIME, **OF_A_LEAD}
STAGES = ("mql", "sal", "sql", "opportunity", "won")
LEADS = Counted(
    items="cohort_items.sql",
    rows=ROWS,
    counts={"leads": "true", **{stage: stage for stage in STAGES}},
    derived={f"{stage}_rate": share(stage, "leads") for stage in STAGES},
    values=lambda asked: {"as_at": asked["as_at"] or "infinity"},
)


class CohortForm(RowsForm):
    offers = ROWS
    of_what = "Leads captured"
    as_at = BoundField(
        label="As of (exclusive)",
        help_text="What was reached before then: a date, in the firm's time zone, or a moment.",
    )


_RATES = "Of the leads"
REPORT = Report(
    name="cohort",
    title="Cohorts",
    summary="How far the leads of each week of capture have come, as of any day.",
    form=CohortForm,
    asked_first={"by": "week"},
    columns=[
        Column("leads", "Leads", "Leads captured in the period."),
        Column("mql", "MQL", "Those that had been offered to sales by then."),
        Column("sal", "SAL", "Those that sales had accepted by then."),
        Column("sql", "SQL", "Those that had been qualified by then."),
        Column("opportunity", "Opportunity", "Those that had become an opportunity by then."),
        Column("won", "Won", "Those with a deal that was won by then."),
        Column("mql_rate", "MQL", "MQL of leads.", Kind.SHARE, _RATES),
        Column("sal_rate", "SAL", "SAL of leads.", Kind.SHARE, _RATES),
        Column("sql_rate", "SQL", "SQL of leads.", Kind.SHARE, _RATES),
        Column("opportunity_rate", "Opportunity", "Opportunities of leads.", Kind.SHARE, _RATES),
        Column("won_rate", "Won", "Won of leads.", Kind.SHARE, _RATES),
    ],
    rows=LEADS.answer,
    explanation=(
        "A cohort is the leads that were captured in one week, month or quarter. With a day, the stages are those that "
        "they had reached before it; leads that came later are left out. A deal counts from the day it was won."
    ),
    nothing=("No lead to count", "No lead was captured in this period."),
    icon="stacked_line_chart",
    chart=Chart(["mql_rate", "sal_rate", "sql_rate", "opportunity_rate", "won_rate"], Shape.LINES, most=60),
    behind=LEADS.behind,
    opens=LEADS.counts,
)
