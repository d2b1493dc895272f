"""What tools read in the schema `reporting` is what the reports say, under columns that stay."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from handoff.reports.registry import REPORTS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("history")]
OF_LEADS = """SELECT {key}, count(*), count(*) FILTER (WHERE reached_mql), count(*) FILTER (WHERE reached_sal),
    count(*) FILTER (WHERE won) FROM reporting.leads"""
SAME: list[tuple[str, dict[str, str], tuple[str, ...], str]] = [
    ("funnel", {"by": "source"}, ("leads", "mql", "sal", "won"), OF_LEADS.format(key="source")),
    (
        "funnel",
        {"by": "week"},
        ("leads", "mql", "sal", "won"),
        OF_LEADS.format(key="captured_week"),
    ),
    (
        "speed",
        {"by": "month"},
        ("delivered", "contacted", "accepted", "won"),
        """SELECT offered_month, count(*), count(contacted_at), count(*) FILTER (WHERE accepted),
            count(*) FILTER (WHERE won) FROM reporting.handoffs""",
    ),
    (
        "rejections",
        {"by": "reason"},
        ("rejections", "answered", "unanswered"),
        "SELECT reason, count(*), count(answer), count(*) - count(answer) FROM reporting.rejections",
    ),
    (
        "attainment",
        {"by": "week", "metric": "time_to_accept"},
        ("met", "breached", "excused", "overdue"),
        """SELECT counted_week, count(*) FILTER (WHERE outcome = 'met'), count(*) FILTER (WHERE outcome = 'breached'),
            count(*) FILTER (WHERE outcome = 'excused'), count(*) FILTER (WHERE overdue)
            FROM reporting.clocks WHERE metric = 'time_to_accept'""",
    ),
    (
        "won",
        {"by": "month"},
        ("deals", "leads"),
        "SELECT closed_month, count(*), count(DISTINCT lead_id) FROM reporting.deals WHERE state = 'won'",
    ),
]


@pytest.mark.parametrize(
    ("name", "asked", "columns", "statement"), SAME, ids=[f"{case[0]} by {case[1]['by']}" for case in SAME]
)
def test_a_view_says_what_the_report_says(name: str, asked: dict[str, str], columns: Any, statement: str) -> None:
    form = REPORTS[name].form(asked)
    assert form.is_valid()
    of_report = {
        row.key: tuple(getattr(row, column) for column in columns)
        for row in REPORTS[name].rows(form.cleaned_data, timezone.now())
    }
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} GROUP BY 1")
        assert {key: tuple(counts) for key, *counts in cursor.fetchall()} == of_report


def test_each_column_is_documented_and_none_names_a_buyer() -> None:
    text = (Path(settings.BASE_DIR) / "docs" / "reports.md").read_text(encoding="utf-8")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'reporting'"
        )
        columns = cursor.fetchall()
    assert columns
    assert [each for each in columns if f"`{each[1]}`" not in text or f"`reporting.{each[0]}`" not in text] == []
    assert {name for view, name in columns if view != "people"}.isdisjoint({"email", "phone", "first_name", "company"})
