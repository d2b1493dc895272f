"""What was won, when it was won, and how long that took from the first contact."""

from collections.abc import Mapping
from dataclasses import replace

from handoff.reports import conversion
from handoff.reports.counting import Amounts, Counted, distinct, percentile, within
from handoff.reports.kinds import Kind
from handoff.reports.report import Chart, Column, Report
from handoff.reports.rows import OF_A_LEAD, OF_TIME, Rows, owner

ROWS: Mapping[str, Rows] = {
    **OF_A_LEAD,
    "seller": owner("item.seller_id"),
    **{name: replace(rows, without="(no date)") for name, rows in OF_TIME.items()},
}


DEALS = Counted(
    items="won_items.sql",
    rows=ROWS,
    counts={"deals": "true", "priced": "amount IS NOT NULL"},
    sums={
        "leads": distinct("lead_id"),
        "median_wall": percentile(0.5, "wall"),
        "p90_wall": within(0.9, "wall"),
        "amounts": Amounts("currency", "amount"),
    },
    derived={"won_amount": lambda row: {currency: str(total) for currency, total in row["amounts"].items()}},
    values=conversion.values_of,
    live="won_undated_items.sql",
)


class WonForm(conversion.MoneyForm):
    offers = ROWS
    of_what = "Deals won"


_TIME = "From first contact to won"
REPORT = Report(
    name="won",
    title="Deals won",
    summary="What was won in a period, and how long it took from the first contact.",
    form=WonForm,
    asked_first={"by": "month"},
    columns=[
        Column("deals", "Deals", "Deals that were won in the period."),
        Column("leads", "Leads", "The leads that they are of."),
        Column("priced", "Priced", "Deals whose amount is known."),
        Column("won_amount", "Won amount", "By currency, of the deals whose amount is known.", Kind.AMOUNTS),
        Column(
            "median_wall",
            "Median",
            "Seconds from the capture of the lead to the day it was won.",
            Kind.WALL_TIME,
            _TIME,
        ),
        Column("p90_wall", "90% within", "Seconds: nine of ten took no longer.", Kind.WALL_TIME, _TIME),
    ],
    rows=DEALS.answer,
    explanation=(
        "A deal belongs to the period in which it was won, whenever its lead was captured: the funnel and the closed "
        "loop count by capture. A deal of which nobody knows when it was won counts only without a period."
    ),
    nothing=("No deal to count", "No deal was won in this period."),
    icon="emoji_events",
    chart=Chart(["deals"], most=36),
    behind=DEALS.behind,
    opens=DEALS.counts,
    about="deal",
)
