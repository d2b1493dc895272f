"""What is worth a look, of sales and of marketing: how often, beside how often it is in all. It accuses nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from handoff.reports.counting import Counted, CountedRow, least, most, share
from handoff.reports.keeping import snapshot
from handoff.reports.kinds import Kind
from handoff.reports.report import Asked, Chart, Column, Report
from handoff.reports.rows import OF_A_LEAD, OF_TIME, Rows, campaign, owner
from handoff.reports.rows_form import RowsForm
from leads.models import Role

LAST_SHARE, SECONDS_APART, LAST_DAYS = 0.9, 10, 3


class Signal(NamedTuple):
    """One pattern: `of` are the things that are looked at for it."""

    name: str
    label: str
    of: str
    definition: str


SIGNALS = (
    Signal(
        "last_moment",
        "Accepted at the last moment",
        "handoffs accepted in time",
        f"Accepted when {LAST_SHARE:.0%} or more of the time to accept was used, and not touched by a person since.",
    ),
    Signal(
        "in_a_row",
        "Touches in a row",
        "touches logged by hand",
        f"Touches of a day that one person logged by hand, three or more in a row, each within {SECONDS_APART} seconds "
        "of the one before.",
    ),
    Signal(
        "late_rejections",
        "Rejected at the end of a month",
        "rejections",
        f"Rejections by sales on one of the last {LAST_DAYS} days of a month of the firm.",
    ),
    Signal("other", "Rejected as “Other”", "rejections", "Rejections by sales with the reason “Other”."),
    Signal(
        "late_handoffs",
        "Handed over at the end of a month",
        "handoffs",
        f"Leads that marketing offered to sales on one of the last {LAST_DAYS} days of a month of the firm.",
    ),
)
_LABELS = " ".join(f"WHEN '{each.name}' THEN '{each.label}'" for each in SIGNALS)
_LABEL = f"CASE item.signal {_LABELS} END"
_PERSON, _CAMPAIGN = owner("item.person_id"), campaign()
ROWS: Mapping[str, Rows] = {
    "signal": Rows("Signal", "item.signal", _LABEL),
    "signal_person": Rows(
        "Signal and person",
        f"item.signal || '/' || {_PERSON.key}",
        f"{_LABEL} || ' · ' || COALESCE({_PERSON.name}, owner.username, '(nobody)')",
        _PERSON.joins,
        in_order=True,
    ),
    "signal_campaign": Rows(
        "Signal and campaign",
        f"item.signal || '/' || {_CAMPAIGN.key}",
        f"{_LABEL} || ' · ' || COALESCE(campaign.name, '(no campaign)')",
        _CAMPAIGN.joins,
        in_order=True,
    ),
    "person": replace(_PERSON, label="Person", without="(nobody)"),
    **OF_A_LEAD,
    **OF_TIME,
}


def _of(signal: str) -> str:
    """The count of things looked at for a signal, which the baseline needs."""
    return f"of_{signal}"


THINGS = Counted(
    items="signals_items.sql",
    rows=ROWS,
    counts={
        "looked_at": "true",
        "signals": "is_one",
        **{each.name: f"signal = '{each.name}' AND is_one" for each in SIGNALS},
        **{_of(each.name): f"signal = '{each.name}'" for each in SIGNALS},
    },
    derived={
        "rate": share("signals", "looked_at"),
        "rate_least": least("signals", "looked_at"),
        "rate_most": most("signals", "looked_at"),
    },
    values=lambda _asked: {"last_share": LAST_SHARE, "apart": SECONDS_APART, "last_days": LAST_DAYS},
)


def signals(asked: Asked, now: datetime) -> list[CountedRow]:
    """The rows, each with the share that it would have if its things were as those of everyone."""
    with snapshot():
        of_everyone = THINGS.answer({**asked, "by": "signal"}, now)
        rows = of_everyone if asked["by"] == "signal" else THINGS.answer(asked, now)
    shares = {row.key: row.rate for row in of_everyone}
    return [replace(row, figures={**row.figures, "baseline": _expected(row, shares)}) for row in rows]


def _expected(row: CountedRow, shares: Mapping[str, float]) -> float | None:
    """Each signal weighs as much as things were looked at for it in this row."""
    expected = sum(row.figures[_of(name)] * rate for name, rate in shares.items())
    return expected / row.looked_at if row.looked_at else None


def _columns() -> Sequence[Column]:
    return [Column(each.name, each.label, f"{each.definition} Of {each.of}.", group="By signal") for each in SIGNALS]


class SignalsForm(RowsForm):
    offers = ROWS
    of_what = "What was done"


_INTERVAL = "end of the interval in which the true share lies at 95 %, after Wilson."
REPORT = Report(
    name="signals",
    title="Worth a look",
    summary="Patterns that are worth a look, of sales and of marketing, beside how common they are.",
    form=SignalsForm,
    asked_first={"by": "signal_person"},
    columns=[
        Column("looked_at", "Looked at", "Things that could show a signal: each counts once for each that it could."),
        Column("signals", "Worth a look", "Those that show it."),
        Column("rate", "Share", "Worth a look of looked at.", Kind.SHARE, "How often"),
        Column("rate_least", "From", f"Lower {_INTERVAL}", Kind.SHARE, "How often"),
        Column("rate_most", "To", f"Upper {_INTERVAL}", Kind.SHARE, "How often"),
        Column(
            "baseline",
            "In all",
            "The share that this row would have if its things were as those of everyone in the period.",
            Kind.SHARE,
            "How often",
        ),
        *_columns(),
    ],
    rows=signals,
    explanation=(
        "A signal is a pattern that has good reasons more often than not: it is worth a look, and proves nothing. "
        "Compare a share with the one in all, mind its interval, and open the leads before you ask about it. A lead "
        "that was accepted a moment ago counts until it is touched. Sales managers, marketing leads and RevOps of both "
        "sides read this page; nobody else does."
    ),
    nothing=("Nothing to look at", "In this period nothing was accepted, touched, rejected or handed over."),
    icon="visibility",
    chart=Chart(["rate", "baseline"]),
    behind=THINGS.behind,
    opens=["looked_at", "signals", *(each.name for each in SIGNALS)],
    about="act",
    readers=(Role.SALES_MANAGER, Role.MARKETING_LEAD, Role.REVOPS),
)
