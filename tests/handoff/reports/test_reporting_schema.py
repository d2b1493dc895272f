"""What tools read in the schema `reporting` is what the reports say, under columns that stay."""

import json
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
        ("deals", "leads", "won_amount"),
        """SELECT closed_month, count(*), count(DISTINCT lead_id), jsonb_object_agg(currency, amount::text)
            FROM reporting.deals WHERE state = 'won'""",
    ),
    (
        "closed_loop",
        {"by": "campaign", "model": "first"},
        ("leads", "mql", "sal", "won", "won_amount"),
        """SELECT COALESCE(campaign, ''), count(*), count(*) FILTER (WHERE reached_mql),
            count(*) FILTER (WHERE reached_sal), count(*) FILTER (WHERE won),
            COALESCE(jsonb_object_agg(deal.currency, deal.amount::text) FILTER (WHERE deal.state = 'won'), '{}')
            FROM reporting.leads lead LEFT JOIN reporting.deals deal USING (lead_id)""",
    ),
    ("cohort", {"by": "week"}, ("leads", "mql", "sal", "won"), OF_LEADS.format(key="captured_week")),
    (
        "origin",
        {"by": "origin"},
        ("leads", "mql", "sal", "won"),
        OF_LEADS.format(key="CASE source WHEN 'sales' THEN source ELSE 'marketing' END"),
    ),
    ("returning", {"by": "source"}, ("leads",), "SELECT source, count(*) FROM reporting.leads"),
    (
        "leakage",
        {"by": "state"},
        ("leads",),
        "SELECT state, count(*) FROM reporting.leads WHERE state IN ('mql', 'sal', 'sql')",
    ),
    (
        "delays",
        {"by": "month", "hours": "wall"},
        ("handoffs",),
        "SELECT offered_month, count(*) FROM reporting.handoffs",
    ),
    (
        "capacity",
        {"by": "month"},
        ("delivered", "valid", "accepted"),
        """SELECT offered_month, count(*), count(*) FILTER (WHERE decided AND NOT against_marketing),
            count(*) FILTER (WHERE accepted) FROM reporting.handoffs""",
    ),
    (
        "versions",
        {"by": "month"},
        ("handoffs", "decided", "accepted", "not_contacted", "won"),
        """SELECT offered_month, count(*), count(*) FILTER (WHERE decided), count(*) FILTER (WHERE accepted),
            count(*) FILTER (WHERE accepted AND contacted_at IS NULL), count(*) FILTER (WHERE won)
            FROM reporting.handoffs""",
    ),
    (
        "scorecard",
        {"by": "all"},
        ("delivered", "accepted", "accepted_missed", "valid"),
        """SELECT 'all', count(*), count(*) FILTER (WHERE accepted), count(*) FILTER (WHERE decided AND NOT accepted),
            count(*) FILTER (WHERE decided AND NOT against_marketing) FROM reporting.handoffs""",
    ),
    (
        "scorecard",
        {"by": "all"},
        ("time_to_accept", "time_to_accept_missed", "time_to_accept_excused"),
        """SELECT 'all', count(*) FILTER (WHERE outcome = 'met'), count(*) FILTER (WHERE outcome = 'breached'),
            count(*) FILTER (WHERE outcome = 'excused') FROM reporting.clocks WHERE metric = 'time_to_accept'""",
    ),
    (
        "packets",
        {"by": "month"},
        ("handoffs", "contacted", "known", "seen", "unseen"),
        """SELECT offered_month, count(*), count(contacted_at), count(seen_before_contact),
            count(*) FILTER (WHERE seen_before_contact), count(*) FILTER (WHERE NOT seen_before_contact)
            FROM reporting.packets""",
    ),
    (
        "signals",
        {"by": "all"},
        ("other", "late_rejections"),
        """SELECT 'all', count(*) FILTER (WHERE reason = 'other'), count(*) FILTER (
            WHERE rejected_on > date_trunc('month', rejected_on) + interval '1 month' - interval '4 days')
            FROM reporting.rejections""",
    ),
]


@pytest.mark.parametrize(
    ("name", "asked", "columns", "statement"), SAME, ids=[f"{case[0]} by {case[1]['by']}" for case in SAME]
)
def test_a_view_says_what_the_report_says(name: str, asked: dict[str, str], columns: Any, statement: str) -> None:
    form = REPORTS[name].form(asked)
    assert form.is_valid()
    of_report = {
        row.key: tuple(as_text(getattr(row, column)) for column in columns)
        for row in REPORTS[name].rows(form.cleaned_data, timezone.now())
    }
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} GROUP BY 1")
        assert {key: tuple(counts) for key, *counts in cursor.fetchall()} == of_report


def as_text(value: Any) -> Any:
    """Amounts by currency as PostgreSQL writes them."""
    return json.dumps(value, sort_keys=True) if isinstance(value, dict) else value


def test_each_report_has_a_view_that_says_the_same() -> None:
    assert {name for name, *_ in SAME} == set(REPORTS)


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
