"""Why sales rejected leads, of which campaigns, and what marketing answered."""

from collections.abc import Mapping

from handoff.reports.counting import Counted, percentile, share
from handoff.reports.kinds import Kind
from handoff.reports.report import Chart, Column, Report, Shape
from handoff.reports.rows import OF_A_LEAD, OF_TIME, Rows, campaign, owner
from handoff.reports.rows_form import RowsForm

_CAMPAIGN = campaign()
_STAGE = "JOIN handoff_rejection rejected ON rejected.id = item.rejection_id"
ROWS: Mapping[str, Rows] = {
    "reason": Rows("Reason", "item.reason", "item.reason_label"),
    "reason_campaign": Rows(
        "Reason and campaign",
        f"item.reason || '/' || {_CAMPAIGN.key}",
        "item.reason_label || ' · ' || COALESCE(campaign.name, '(no campaign)')",
        _CAMPAIGN.joins,
    ),
    "stage": Rows("Stage that they left", "rejected.from_state", "upper(rejected.from_state)", _STAGE, in_order=True),
    "stage_reason": Rows(
        "Stage and reason",
        "rejected.from_state || '/' || item.reason",
        "upper(rejected.from_state) || ' · ' || item.reason_label",
        _STAGE,
    ),
    **OF_A_LEAD,
    "rejected_by": owner("item.rejected_by_id"),
    **OF_TIME,
}
REJECTIONS = Counted(
    items="rejections_items.sql",
    rows=ROWS,
    counts={
        "rejections": "true",
        "against_marketing": "counts_against = 'marketing' AND NOT overturned AND NOT counts_as_valid",
        "good_not_now": "counts_as_valid AND NOT overturned",
        "against_sales": "counts_against = 'sales' AND NOT overturned",
        "answered": "answered",
        "unanswered": "NOT answered",
        "disputed": "disputed",
        "overturned": "overturned",
        "dispute_decided": "dispute_decided",
    },
    sums={
        "median_wall": percentile(0.5, "wall"),
        "p90_wall": percentile(0.9, "wall"),
        "median_business": percentile(0.5, "business"),
    },
    derived={"overturn_rate": share("overturned", "dispute_decided")},
)


class RejectionsForm(RowsForm):
    offers = ROWS
    of_what = "Leads rejected"


_ANSWER, _DISPUTE = "Marketing's answer", "Disputes"
REPORT = Report(
    name="rejections",
    title="Rejections by reason",
    summary="Why sales rejected leads, of which campaigns, and what marketing answered.",
    form=RejectionsForm,
    asked_first={"by": "reason"},
    columns=[
        Column("rejections", "Rejections", "Rejections by sales in the period."),
        Column(
            "against_marketing",
            "Against marketing",
            "Those whose reason counts against marketing and not as a valid lead, and that were not overturned.",
        ),
        Column("good_not_now", "Good, not now", "Those whose reason counts as a valid lead, by the agreement."),
        Column("against_sales", "Against sales", "Likewise against sales."),
        Column("answered", "Answered", "Those that marketing has answered.", group=_ANSWER),
        Column("unanswered", "Unanswered", "Those that marketing has not answered.", group=_ANSWER),
        Column("median_wall", "Median", "Seconds from the rejection to the answer.", Kind.WALL_TIME, _ANSWER),
        Column("p90_wall", "90% within", "Seconds: nine of ten took no longer.", Kind.WALL_TIME, _ANSWER),
        Column(
            "median_business",
            "Median, business time",
            "Seconds of business time, of those whose clock of time to answer ran.",
            Kind.BUSINESS_TIME,
            _ANSWER,
        ),
        Column("disputed", "Disputed", "Those that marketing has contested.", group=_DISPUTE),
        Column("dispute_decided", "Decided", "Disputes that the arbiter has decided.", group=_DISPUTE),
        Column("overturned", "Overturned", "Those that the arbiter took back.", group=_DISPUTE),
        Column("overturn_rate", "Overturn rate", "Overturned of decided.", Kind.SHARE, _DISPUTE),
    ],
    rows=REJECTIONS.answer,
    explanation=(
        "Leads that marketing itself turned down before a handoff are not counted. A rejection that was overturned "
        "stays a rejection, and counts against nobody."
    ),
    nothing=("No rejection to count", "Sales rejected no lead in this period."),
    icon="thumb_down",
    chart=Chart(["rejections", "against_marketing"], Shape.BARS, most=20),
    behind=REJECTIONS.behind,
    opens=REJECTIONS.counts,
    about="rejection",
)
