"""Goals and capacity by hand: a team of two, one of whom is away for two working days."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from handoff import workflow
from handoff.models import Firm, Goal, WeeklyCapacity
from handoff.reports.capacity import REPORT
from handoff.reports.chart import caption, chart_of
from handoff.reports.fiscal import period_of
from leads.models import Absence
from tests.world import World, make_lead

pytestmark = pytest.mark.django_db


def rows(by: str) -> dict[str, Any]:
    form = REPORT.form({"by": by})
    assert form.is_valid(), form.errors
    return {row.key: row for row in REPORT.rows(form.cleaned_data, timezone.now())}


def test_goals_and_capacity_stand_beside_what_was_delivered(world: World) -> None:
    """March 2026 has 22 working days. Ada takes 10 a week and is away Thursday to Sunday; Ben takes 5 from the 16th on,
    which leaves 12 days; Zoe, of New York, takes 5: 10 x 20 / 5 + 5 x 12 / 5 = 52 in Berlin, and 22 more in all."""
    start = date(2026, 3, 1)
    for person, leads, since in ((world.ada, 10, start), (world.ben, 5, date(2026, 3, 16)), (world.zoe, 5, start)):
        WeeklyCapacity.objects.create(person=person, leads=leads, starts_on=since)
    thursday = datetime(2026, 3, 5, 8, tzinfo=UTC)
    Absence.objects.create(user=world.ada, starts_at=thursday, ends_at=thursday + timedelta(days=3))
    Absence.objects.create(user=world.ben, starts_at=thursday, ends_at=thursday + timedelta(days=99), imposed=True)
    goal: dict[str, Any] = {"measure": "delivered", "starts_on": start}
    Goal.objects.create(**goal, length="month", value=4)
    Goal.objects.create(**goal, length="month", value=8, team=world.berlin)
    Goal.objects.create(**goal | {"starts_on": date(2026, 1, 1)}, length="quarter", value=9)
    for day in (2, 3, 4):
        with time_machine.travel(datetime(2026, 3, day, 12, tzinfo=UTC), tick=False):
            lead = make_lead(f"Lead {day}")
            workflow.promote(lead.pk, by=world.mia, owner=world.ada)
            if day == 2:
                workflow.accept(lead.pk, by=world.ada)
            if day == 3:
                workflow.reject(lead.pk, by=world.ada, reason="not_our_customer", note="They ship nothing at all.")

    month, team, quarter = rows("month")["2026-03"], rows("month_team")["2026-03/Berlin"], rows("quarter")["2026-Q1"]
    assert (month.delivered, month.valid, month.accepted, month.goal, month.reached) == (3, 1, 1, 4, 3 / 4)
    assert (month.capacity, month.used) == (74, 3 / 74)
    assert (team.goal, team.capacity, team.used, team.label) == (8, 52, 3 / 52, "2026-03 · Berlin")
    assert (quarter.goal, quarter.goal_accepted) == (9, None)
    assert rows("owner")["ada"].goal is None

    chart = chart_of(REPORT, [month], ["March"])
    assert chart
    assert [(each["label"], each["values"]) for each in chart["series"]] == [
        ("Delivered", [3]),
        ("Accepted", [1]),
        ("Delivered (goal)", [4]),
        ("Leads (capacity)", [74]),
    ]
    assert "Delivered, Accepted, of all rows" in caption(REPORT, [rows("owner")["ada"]])


def test_a_fiscal_quarter_begins_with_the_year_of_the_firm() -> None:
    """Where the year begins in October, its first quarter lies in the calendar year before."""
    firm = Firm(year_starts=10)
    quarter = period_of("2027-Q1", firm)
    assert (quarter.starts_on, len(quarter.days)) == (date(2026, 10, 1), 92)
    assert period_of("2027-Q4", firm).starts_on == date(2027, 7, 1)
    assert period_of("2026-Q2", Firm()).starts_on == date(2026, 4, 1)


def test_revops_enters_goals(world: World) -> None:
    olga, ada = Client(), Client()
    olga.force_login(world.olga)
    ada.force_login(world.ada)
    add = reverse("admin:handoff_goal_add")
    given = {"measure": "delivered", "length": "quarter", "starts_on": "2026-02-01", "value": "30"}
    assert "No quarter of your fiscal year begins in this month." in olga.post(add, given).content.decode()
    assert olga.post(add, given | {"starts_on": "2026-04-01"}).status_code == 302
    [goal] = Goal.objects.all()
    assert (goal.value, goal.set_by) == (30, world.olga)
    assert ada.post(add, given).status_code == 403
    capacity = {"person": world.ada.pk, "starts_on": "2026-04-01", "leads": "12"}
    assert olga.post(reverse("admin:handoff_weeklycapacity_add"), capacity).status_code == 302
    assert WeeklyCapacity.objects.get().leads == 12
