"""What marketing brought against what sales sourced itself."""

from collections.abc import Mapping

from django.conf import settings

from handoff.reports.counting import Counted, least, most, share
from handoff.reports.kinds import Kind
from handoff.reports.report import Asked, Chart, Column, Report
from handoff.reports.rows import OF_A_LEAD, OF_TIME, Rows
from handoff.reports.rows_form import RowsForm

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


def sales_sources(_asked: Asked) -> dict[str, list[str]]:
    return {"sales_sources": [source.lower() for source in settings.SALES_SOURCES]}


STAGES = ("mql", "sal", "sql", "opportunity", "won")
LEADS = Counted(
    items="funnel_items.sql",
    rows=ROWS,
    counts={"leads": "true", **{stage: stage for stage in STAGES}},
    derived={
        "accept_rate": share("sal", "mql"),
        "accept_rate_least": least("sal", "mql"),
        "accept_rate_most": most("sal", "mql"),
        "win_rate": share("won", "leads"),
        "win_rate_least": least("won", "leads"),
        "win_rate_most": most("won", "leads"),
    },
    values=sales_sources,
)


class OriginForm(RowsForm):
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
