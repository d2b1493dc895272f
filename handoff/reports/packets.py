"""Seen before the first touch: of how many handoffs the packet was read before the buyer was contacted."""

from dataclasses import replace

from handoff.reports.counting import Counted, least, most, percentile, share
from handoff.reports.kinds import Kind
from handoff.reports.report import Chart, Column, Report
from handoff.reports.rows import OF_A_LEAD, OF_TIME, owner
from handoff.reports.rows_form import RowsForm

ROWS = {"rep": replace(owner("item.contact_by_id"), label="Rep", without="(nobody yet)"), **OF_A_LEAD, **OF_TIME}
HANDOFFS = Counted(
    items="packets_items.sql",
    rows=ROWS,
    counts={
        "handoffs": "true",
        "contacted": "contacted",
        "known": "seen_before_contact IS NOT NULL",
        "seen": "seen_before_contact",
        "unseen": "NOT seen_before_contact",
        "waiting": "seen AND NOT contacted",
    },
    sums={"median_before": percentile(0.5, "seconds_seen_before")},
    derived={
        "seen_rate": share("seen", "known"),
        "seen_rate_least": least("seen", "known"),
        "seen_rate_most": most("seen", "known"),
    },
)


class PacketsForm(RowsForm):
    offers = ROWS
    of_what = "Leads handed to sales"


_RATE = "Seen before the first touch"
_INTERVAL = "end of the interval in which the true rate lies at 95 %, after Wilson."
REPORT = Report(
    name="packets",
    title="Packets seen",
    summary="Of how many handoffs whoever contacted the buyer had seen the packet before.",
    form=PacketsForm,
    asked_first={"by": "rep"},
    columns=[
        Column("handoffs", "Handoffs", "Handoffs that marketing offered to sales in the period."),
        Column("contacted", "Contacted", "Those after which a person was in touch with the buyer."),
        Column(
            "known",
            "Of which it is known",
            "Those contacted of which it is known whether the packet had been seen: not those whose first touch an "
            "import brought, or which are older than this record.",
        ),
        Column("seen", "Seen", "The packet was seen before by whoever contacted the buyer.", group=_RATE),
        Column("unseen", "Not seen", "The buyer was contacted by someone who had not seen the packet.", group=_RATE),
        Column("seen_rate", "Rate", "Seen of those of which it is known.", Kind.SHARE, _RATE),
        Column("seen_rate_least", "From", f"Lower {_INTERVAL}", Kind.SHARE, _RATE),
        Column("seen_rate_most", "To", f"Upper {_INTERVAL}", Kind.SHARE, _RATE),
        Column("median_before", "Median", "Seconds from there to the first touch.", Kind.WALL_TIME, _RATE),
        Column("waiting", "Seen, not contacted", "The owner has seen the packet, and nobody has contacted the buyer."),
    ],
    rows=HANDOFFS.answer,
    explanation=(
        "A packet is seen by whoever opens the page of the lead, its preview, the question whether to accept it, or "
        "reads it by the API. What counts is the person who made the first touch after the handoff; where a program "
        "made it, the owner."
    ),
    nothing=("No handoff to count", "No lead was handed to sales in this period."),
    icon="visibility",
    chart=Chart(["seen_rate"]),
    behind=HANDOFFS.behind,
    opens=HANDOFFS.counts,
    about="handoff",
)
