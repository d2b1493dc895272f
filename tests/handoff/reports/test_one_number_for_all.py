"""Whoever asks, by whichever door, reads the same numbers."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from handoff.models import ApiToken
from handoff.reports.attainment import FIGURES, By, as_dict, attainment
from handoff.reports.words import length, percent
from leads.models import Campaign, User, Verb
from sla.metrics import Metric
from sla.models import Clock
from tests.handoff.reports.clocks import HOUR, NOON, act_on, make_clock, stopped
from tests.world import World, make_lead, make_policy

pytestmark = pytest.mark.django_db
METRIC = Metric.TIME_TO_ACCEPT
PERIOD = {"from": "2026-03-03", "to": "2026-04-01"}
ROLES = ("ada", "max", "mia", "nora", "olga")


@pytest.fixture
def clocks(world: World) -> None:
    policy = make_policy(METRIC)
    spring = Campaign.objects.create(name="=Spring")  # no name that a spreadsheet computes
    fox = make_lead("Fox", source="google", campaign=spring, owner=world.ada)
    owl = make_lead("Owl", owner=world.zoe)
    for lead, minutes in ((fox, 10), (fox, 25), (fox, 95), (owl, 20), (make_lead("Nobody's"), 31)):
        stopped(lead, policy, timedelta(minutes=minutes), business=timedelta(minutes=minutes / 3))
    stopped(fox, policy, 2 * HOUR, excused_by=act_on(fox, Verb.EXCUSE, NOON))
    Clock.objects.filter(pk=stopped(owl, policy, 3 * HOUR).pk).update(elapsed=None)
    make_clock(owl, policy)
    stopped(fox, policy, HOUR, started_at=NOON - timedelta(days=30))


@pytest.mark.usefixtures("clocks")
@pytest.mark.parametrize("by", By)
@pytest.mark.parametrize("period", [{}, PERIOD], ids=["all", "period"])
def test_page_csv_api_command_and_function_agree(by: By, period: dict[str, str], world: World) -> None:
    start, end = (NOON.replace(day=3, hour=0), NOON.replace(month=4, day=1, hour=0)) if period else (None, None)
    rows = attainment(METRIC, by, start, end)
    expected = [as_dict(by, row) for row in rows]
    assert expected

    by_api = of_api(world.ada, by=by.value, **period)
    assert [{by.value: row.pop("key"), **row} for row in by_api] == expected
    assert json.loads(printed(by, period, "--json")) == expected
    as_text = [["" if value is None else str(value) for value in row.values()] for row in expected]
    assert [line.split("\t") for line in printed(by, period).splitlines()] == [[by, "label", *FIGURES], *as_text]
    asked = {"metric": METRIC.value, "by": by.value, "start": period.get("from", ""), "end": period.get("to", "")}
    assert [[cell.removeprefix("'") for cell in line] for line in of_csv(world.ada, asked)[1:]] == as_text
    page = as_(world.ada).get(reverse("admin:attainment"), asked).content.decode()
    for row in rows:
        assert f"<b>{percent(row.attainment)}</b>" in page
        for seconds in (row.median_business, row.p90_business, row.median_wall, row.p90_wall):
            assert f"<td>{length(seconds)}" in page


@pytest.mark.usefixtures("clocks")
def test_everybody_with_a_role_reads_all_numbers(world: World) -> None:
    seen = [of_api(getattr(world, name), by="team") for name in ROLES]
    assert len(seen[0]) == 3
    assert all(rows == seen[0] for rows in seen)
    assert {as_(getattr(world, name)).get(reverse("admin:attainment")).status_code for name in ROLES} == {200}


def test_without_a_role_nobody_reads_them(world: World) -> None:
    refused = api(world.eve).get("/api/v1/reports/attainment/", {"metric": METRIC.value})
    assert (refused.status_code, refused.json()["detail"]) == (
        403,
        "You may not read the reports: whoever has a role may.",
    )
    for page in ("attainment", "attainment_export"):
        assert as_(world.eve).get(reverse(f"admin:{page}")).status_code == 403
    assert Client().get(reverse("admin:attainment")).status_code == 302
    assert APIClient().get("/api/v1/reports/attainment/").status_code == 401


@pytest.mark.parametrize(
    ("asked", "field", "words"),
    [
        ({}, "metric", "This field is required."),
        ({"metric": "time_to_dance"}, "metric", "“time_to_dance”"),
        ({"metric": METRIC.value, "by": "weather"}, "by", "“weather”"),
        ({"metric": METRIC.value, "from": "soon"}, "from", "Datetime has wrong format"),
        ({"metric": METRIC.value, "from": "2026-04-01", "to": "2026-03-01"}, "to", "ends before it starts"),
    ],
)
def test_the_api_refuses_what_makes_no_sense(asked: dict[str, str], field: str, words: str, world: World) -> None:
    refused = api(world.ada).get("/api/v1/reports/attainment/", asked)
    [error] = refused.json()["errors"]
    assert (refused.status_code, error["field"]) == (400, field)
    assert words in error["detail"].replace('"', "“", 1).replace('"', "”", 1)


@pytest.mark.parametrize(
    "asked", [{"metric": "x"}, {"by": "x"}, {"start": "x"}, {"start": "2026-04-01", "end": "2026-03-01"}]
)
def test_the_page_says_what_makes_no_sense(asked: dict[str, str], world: World) -> None:
    page = as_(world.ada).get(reverse("admin:attainment"), asked)
    assert (page.status_code, page.content.decode().count("fact-errors")) == (200, 1)
    assert as_(world.ada).get(reverse("admin:attainment_export"), asked).status_code == 302


def test_an_empty_page_says_why(world: World) -> None:
    assert "No clock to count" in as_(world.mia).get(reverse("admin:attainment")).content.decode()


@pytest.mark.usefixtures("clocks")
def test_csv_defuses_formulas(world: World) -> None:
    lines = of_csv(world.ada, {"metric": METRIC.value, "by": "campaign"})
    assert [line[0] for line in lines] == ["campaign", "'=Spring", ""]


@pytest.mark.usefixtures("clocks")
@pytest.mark.parametrize("by", By)
def test_the_page_asks_as_often_for_many_rows_as_for_one(by: By, world: World, django_assert_num_queries: Any) -> None:
    client = as_(world.mia)
    with django_assert_num_queries(4):  # the session, the user with his roles, what waits on marketing, the report
        client.get(reverse("admin:attainment"), {"metric": METRIC.value, "by": by.value})


def printed(by: By, period: dict[str, str], *options: str) -> str:
    out = io.StringIO()
    dates = [text for name, value in period.items() for text in (f"--{name}", value)]
    call_command("report", "attainment", "--metric", METRIC, "--by", by.value, *dates, *options, stdout=out)
    return out.getvalue()


def of_api(person: User, **asked: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (
        api(person).get("/api/v1/reports/attainment/", {"metric": METRIC, **asked}).json()["rows"]
    )
    return rows


def of_csv(person: User, asked: dict[str, str]) -> list[list[str]]:
    response = as_(person).get(reverse("admin:attainment_export"), asked)
    return list(csv.reader(io.StringIO(b"".join(response).decode())))


def api(person: User) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {ApiToken.issue(person)}")
    return client


def as_(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client
