"""What marketing brought against what sales sourced itself."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from handoff.reports import conversion
from handoff.reports.counting import Amounts, Counted, least, most, share
from handoff.reports.kinds import Kind
from handoff.reports.report import Asked, Chart, Column, Report
from handoff.reports.rows import OF_A_LEAD, OF_TIME, Rows

_IS_SALES = "lower(lead.source) = ANY(%(sales_sources)s)"
ROWS: Mapping[str, Rows] = {
    "origin": Rows(
        "Origin",
        f"CASE WHEN {_IS_SALES} THEN 'sales' ELSE 'marketing' END",
        f"CASE WHEN {_IS_SALES} THEN 'Sourced by sales' ELSE 'From marketing' END",
        in_order=True,
    ),
    **OF_A_LEAD,
    **OF_TIME,
}


def _values(asked: Asked) -> dict[str, Any]:
    return {"sales_sources": [source.lower() for source in settings.SALES_SOURCES], **conversion.values_of(asked)}


STAGES = ("mql", "sal", "sql", "opportunity", "won")
LEADS = Counted(
    items="funnel_amount_items.sql",
    rows=ROWS,
    counts={"leads": "item.leads = 1", **{stage: f"item.{stage} = 1" for stage in STAGES}},
    sums={"amounts": Amounts("currency", "amount", "priced > 0")},
    derived={
        "won_amount": lambda row: {currency: str(total) for currency, total in row["amounts"].items()},
        "accept_rate": share("sal", "mql"),
        "accept_rate_least": least("sal", "mql"),
        "accept_rate_most": most("sal", "mql"),
        "win_rate": share("won", "leads"),
        "win_rate_least": least("won", "leads"),
        "win_rate_most": most("won", "leads"),
    },
    values=_values,
    fullest="leads",
)


class OriginForm(conversion.MoneyForm):
    offers = ROWS
    of_what = "Leads captured"


_ACCEPTED, _WON = "Acceptance", "Winning"
_INTERVAL = "end of the interval in which the true rate lies at 95 %, after Wilson."
REPORT = Report(
    name="origin",
    title="Origin",
    summary="What marketing brought against what sales sourced itself: acceptance and winning.",
    form=OriginForm,
    asked_first={"by": "origin"},
    columns=[
        Column("leads", "Leads", "Leads captured in the period."),
        Column("mql", "MQL", "Those that were ever offered to sales."),
        Column("sal", "SAL", "Those that sales ever accepted."),
        Column("sql", "SQL", "Those that were ever qualified."),
        Column("opportunity", "Opportunity", "Those that became an opportunity."),
        Column("won", "Won", "Those with a deal that is won. A lead with several counts once."),
        Column("won_amount", "Won amount", "By currency; of all won deals whose amounts are known.", Kind.AMOUNTS),
        Column("accept_rate", "Rate", "SAL of MQL.", Kind.SHARE, _ACCEPTED),
        Column("accept_rate_least", "From", f"Lower {_INTERVAL}", Kind.SHARE, _ACCEPTED),
        Column("accept_rate_most", "To", f"Upper {_INTERVAL}", Kind.SHARE, _ACCEPTED),
        Column("win_rate", "Rate", "Won of leads.", Kind.SHARE, _WON),
        Column("win_rate_least", "From", f"Lower {_INTERVAL}", Kind.SHARE, _WON),
        Column("win_rate_most", "To", f"Upper {_INTERVAL}", Kind.SHARE, _WON),
    ],
    rows=LEADS.answer,
    explanation=(
        "A lead is sourced by sales when its source is one of those in SALES_SOURCES, which is “sales” unless RevOps "
        "set others. All others came from marketing. Stages are counted as in the funnel."
    ),
    nothing=("No lead to count", "No lead was captured in this period."),
    icon="call_split",
    chart=Chart(["accept_rate", "win_rate"]),
    behind=LEADS.behind,
    opens=LEADS.counts,
)
