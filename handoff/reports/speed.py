"""How soon buyers were contacted after the handoff, and what that changed: acceptance and winning."""

from collections.abc import Mapping

from handoff.models import Firm
from handoff.reports.calendar import local
from handoff.reports.counting import Counted, least, most, percentile, share
from handoff.reports.kinds import Kind
from handoff.reports.report import Chart, Column, Heat, Report
from handoff.reports.rows import OF_A_LEAD, OF_TIME, Rows, owner
from handoff.reports.rows_form import RowsForm

MINUTE, HOUR, DAY = 60, 3600, 86_400
BANDS = (("5_minutes", "Within 5 min", 5 * MINUTE), ("1_hour", "5 min to 1 h", HOUR), ("1_day", "1 h to 1 day", DAY))
LATER, NEVER = ("later", "Later"), ("never", "Not contacted")


def _band(at: int) -> str:
    """The key, or what people read, of the band in which the time until the first touch lies."""
    bands = " ".join(f"WHEN item.wall <= {band[2]} THEN '{band[at]}'" for band in BANDS)
    return f"CASE {bands} WHEN item.wall IS NOT NULL THEN '{LATER[at]}' ELSE '{NEVER[at]}' END"


def _hour_of_the_firm(key: str) -> int:
    """Of a week that begins on the firm's first weekday."""
    day, hour = key.split("-")
    return (int(day) - Firm.of_now().week_starts) % 7 * 24 + int(hour)


_BANDS = [key for key, *_ in (*BANDS, LATER, NEVER)]
_AT = local("item.at")
ROWS: Mapping[str, Rows] = {
    "within": Rows("Contacted within", _band(0), _band(1), order=_BANDS.index),
    "hour": Rows(
        "Hour of the week",
        f"to_char({_AT}, 'ID-HH24')",
        f"to_char({_AT}, 'Dy HH24:00')",
        order=_hour_of_the_firm,
    ),
    **OF_A_LEAD,
    "offered_to": owner("item.offered_to_id"),
    **OF_TIME,
}
HANDOFFS = Counted(
    items="speed_items.sql",
    rows=ROWS,
    counts={
        "delivered": "true",
        "contacted": "wall IS NOT NULL",
        "decided": "decided",
        "accepted": "accepted",
        "against_marketing": "against_marketing",
        "won": "won",
    },
    sums={
        "median_wall": percentile(0.5, "wall"),
        "p90_wall": percentile(0.9, "wall"),
        "median_business": percentile(0.5, "business"),
        "p90_business": percentile(0.9, "business"),
    },
    derived={
        "accept_rate": share("accepted", "decided"),
        "accept_rate_least": least("accepted", "decided"),
        "accept_rate_most": most("accepted", "decided"),
        "valid_rate": lambda row: 1 - row["against_marketing"] / row["decided"] if row["decided"] else None,
        "win_rate": share("won", "delivered"),
        "win_rate_least": least("won", "delivered"),
        "win_rate_most": most("won", "delivered"),
    },
)


class SpeedForm(RowsForm):
    offers = ROWS
    of_what = "Leads handed to sales"


_SPEED, _BUSINESS, _ACCEPTED, _WON = "Wall time to contact", "Business time", "Acceptance", "Winning"
_INTERVAL = "end of the interval in which the true rate lies at 95 %, after Wilson."
REPORT = Report(
    name="speed",
    title="Speed to lead",
    summary="How soon buyers were contacted after the handoff, and what that changed.",
    form=SpeedForm,
    asked_first={"by": "within"},
    columns=[
        Column("delivered", "Delivered", "Handoffs that marketing offered to sales in the period."),
        Column("contacted", "Contacted", "Those after which a person was in touch with the buyer."),
        Column("median_wall", "Median", "Seconds from the offer to the first touch.", Kind.WALL_TIME, _SPEED),
        Column("p90_wall", "90% within", "Seconds: nine of ten took no longer.", Kind.WALL_TIME, _SPEED),
        Column(
            "median_business",
            "Median",
            "Seconds of business time, of those whose clock of speed to lead ran.",
            Kind.BUSINESS_TIME,
            _BUSINESS,
        ),
        Column("p90_business", "90% within", "Seconds: nine of ten took no longer.", Kind.BUSINESS_TIME, _BUSINESS),
        Column("decided", "Decided", "Those that sales has accepted or rejected.", group=_ACCEPTED),
        Column("accepted", "Accepted", "Handoffs that sales has accepted.", group=_ACCEPTED),
        Column("accept_rate", "Rate", "Accepted of decided.", Kind.SHARE, _ACCEPTED),
        Column("accept_rate_least", "From", f"Lower {_INTERVAL}", Kind.SHARE, _ACCEPTED),
        Column("accept_rate_most", "To", f"Upper {_INTERVAL}", Kind.SHARE, _ACCEPTED),
        Column(
            "against_marketing",
            "Against marketing",
            "Rejected for a reason that counts against marketing, and not overturned.",
            group=_ACCEPTED,
        ),
        Column(
            "valid_rate",
            "Valid",
            "1 less the share of decided handoffs that count against marketing.",
            Kind.SHARE,
            _ACCEPTED,
        ),
        Column("won", "Won", "Those whose lead has a deal that is won; the last handoff counts.", group=_WON),
        Column("win_rate", "Rate", "Won of delivered.", Kind.SHARE, _WON),
        Column("win_rate_least", "From", f"Lower {_INTERVAL}", Kind.SHARE, _WON),
        Column("win_rate_most", "To", f"Upper {_INTERVAL}", Kind.SHARE, _WON),
    ],
    rows=HANDOFFS.answer,
    explanation=(
        "A handoff is one offer of a lead to sales; a lead that comes back has another. Contact is the first touch by "
        "a person after the offer, and before the next one. The interval of a rate says how little "
        "few handoffs tell."
    ),
    nothing=("No handoff to count", "No lead was handed to sales in this period."),
    icon="speed",
    chart=Chart(["accept_rate", "win_rate"], heat=Heat("hour", "median_wall", "delivered")),
    behind=HANDOFFS.behind,
    opens=HANDOFFS.counts,
    about="handoff",
)
