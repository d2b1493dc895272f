"""Behind every figure of every report are as many leads as it says, and everyone can look at them."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from handoff.console.numbers import behind
from handoff.reports.registry import REPORTS
from handoff.reports.report import Report
from leads.models import Attribute
from tests.world import World

pytestmark = pytest.mark.django_db
METRIC = {"metric": "time_to_accept"}


@pytest.mark.usefixtures("history")
def test_each_figure_has_as_many_entries_as_it_says() -> None:
    Attribute.objects.create(key="tags", label="Tags", type="choices", choices=[{"key": "a", "label": "A"}])
    for report in REPORTS.values():  # in one history, which is long in the making
        for by, _ in report.form({}).fields["by"].choices:  # type: ignore[attr-defined]
            assert_entries(report, by)


def assert_entries(report: Report, by: str) -> None:
    assert report.behind, report.name
    now = timezone.now()
    form = report.form({**report.asked_first, **METRIC, "by": by})
    assert form.is_valid()
    for row in report.rows(form.cleaned_data, now):
        figures = {name: getattr(row, name) for name in report.opens}
        counts = {name: figure for name, figure in figures.items() if isinstance(figure, int)}
        entries = {name: report.behind(form.cleaned_data, row.key, name, now) for name in counts}
        assert {name: each.count() for name, each in entries.items()} == counts, (report.name, by, row.key)
        assert {name: len(each.page(0, 100)) for name, each in entries.items()} == counts, (report.name, by, row.key)


@pytest.mark.usefixtures("history")
def test_a_lead_of_another_team_counts_and_is_not_shown(world: World) -> None:
    page = as_(world.zoe).get(reverse("admin:funnel_leads"), {"by": "source", "key": "google", "column": "leads"})
    text = page.content.decode()
    assert (text.count("data-entry"), text.count("A lead of another team")) == (4, 4)
    assert "Crow" not in text


@pytest.mark.usefixtures("history")
def test_pages_of_entries_follow_each_other(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr(behind, "SHOWN", 3)
    asked = {"by": "source", "key": "google", "column": "leads"}
    first, second = (
        as_(world.mia).get(reverse("admin:funnel_leads"), asked | {"p": str(n)}).content.decode() for n in (1, 2)
    )
    assert (first.count("data-entry"), second.count("data-entry")) == (3, 1)
    assert 'rel="next"' in first
    assert 'rel="prev"' in second


@pytest.mark.parametrize("column", ["won_amount", "email", ""])
def test_what_does_not_open_is_not_there(column: str, world: World) -> None:
    asked = {"by": "source", "key": "", "column": column}
    assert as_(world.mia).get(reverse("admin:funnel_leads"), asked).status_code == 404
    assert as_(world.eve).get(reverse("admin:funnel_leads"), asked).status_code == 403


def as_(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client
