"""How many buyers came in, and how often those who were known already came back."""

from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.conf import settings
from django.db import connection

from handoff.reports.funnel import ROWS, WITHOUT, By
from handoff.reports.period import PeriodForm
from handoff.reports.report import Asked, Column, Report
from leads.models import Touchpoint
from leads.sql import load


@dataclass(frozen=True)
class ReturningRow:
    """One row. `key` is empty for what has no source or campaign; a month is like 2026-03, in UTC."""

    key: str
    label: str
    leads: int
    duplicates: int
    new_intent: int


def intent_kinds() -> list[str]:
    """The kinds of touchpoints by which a known buyer asks for something."""
    return [Touchpoint.ENQUIRY, *settings.INTENT_KINDS]


def returning(by: By, start: datetime | None = None, end: datetime | None = None) -> list[ReturningRow]:
    """What came in during the period [start, end): a missing bound leaves that side open."""
    asked = {"by": by.value, "start": start or "-infinity", "end": end or "infinity", "kinds": intent_kinds()}
    with connection.cursor() as cursor:
        cursor.execute(load("handoff.reports", "returning.sql"), asked)
        return [ReturningRow(key, key or WITHOUT.get(by, ""), *counts) for key, *counts in cursor.fetchall()]


class ReturningForm(PeriodForm):
    by = forms.ChoiceField(choices=ROWS, label="Rows", help_text="What the rows are.")
    of_what = "What came in"


def _answer(asked: Asked, now: datetime) -> list[ReturningRow]:  # noqa: ARG001 what came in does not depend on now
    return returning(By(asked["by"]), asked["from"], asked["to"])


REPORT = Report(
    name="returning",
    title="Returning buyers",
    summary="How many buyers came in, and how often those who were known came back.",
    form=ReturningForm,
    asked_first={"by": By.SOURCE.value},
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
        "campaign. The same capture sent again counts once. Days and months are UTC."
    ),
    nothing=("Nothing came in", "No lead and no touchpoint was captured in this period."),
    icon="autorenew",
)
