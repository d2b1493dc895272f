"""How many buyers came in, and how often those who were known already came back."""

from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from handoff.reports.counting import Counted, CountedRow
from handoff.reports.report import Asked, Chart, Column, Report, Shape
from handoff.reports.rows import OF_A_LEAD, OF_TIME, campaign
from handoff.reports.rows_form import RowsForm
from leads.models import Touchpoint


def intent_kinds() -> list[str]:
    """The kinds of touchpoints by which a known buyer asks for something."""
    return [Touchpoint.ENQUIRY, *settings.INTENT_KINDS]


def returning(by: str, start: datetime | None = None, end: datetime | None = None) -> list[CountedRow]:
    """What came in during the period [start, end): a missing bound leaves that side open."""
    return _answer({"by": by, "from": start, "to": end}, timezone.now())


ROWS = {
    **OF_A_LEAD,
    "source": replace(OF_A_LEAD["source"], key="item.source"),
    "campaign": campaign("item.campaign_id"),
    **OF_TIME,
}
CAME_IN = Counted(
    items="returning_items.sql",
    rows=ROWS,
    counts={"leads": "is_lead", "duplicates": "is_duplicate", "new_intent": "is_intent"},
    values=lambda _asked: {"kinds": intent_kinds()},
    fullest="leads",
)


class ReturningForm(RowsForm):
    offers = ROWS
    of_what = "What came in"


def _answer(asked: Asked, now: datetime) -> list[CountedRow]:
    return CAME_IN.answer(asked, now)


REPORT = Report(
    name="returning",
    title="Returning buyers",
    summary="How many buyers came in, and how often those who were known came back.",
    form=ReturningForm,
    asked_first={"by": "source"},
    columns=[
        Column("leads", "New leads", "Leads captured in the period for the first time."),
        Column(
            "duplicates", "Duplicates", "Captures in the period of buyers who were there already; each counts once."
        ),
        Column(
            "new_intent",
            "New intent",
            "What known buyers asked for in the period: those captures, and forms, replies and meetings.",
        ),
    ],
    rows=_answer,
    explanation=(
        "The first source and campaign keep the attribution of a lead; what came later counts for its own source and "
        "campaign. The same capture sent again counts once."
    ),
    nothing=("Nothing came in", "No lead and no touchpoint was captured in this period."),
    icon="autorenew",
    chart=Chart(["leads", "duplicates", "new_intent"], Shape.STACKED),
    behind=CAME_IN.behind,
    opens=CAME_IN.counts,
    about="capture or touchpoint",
)
