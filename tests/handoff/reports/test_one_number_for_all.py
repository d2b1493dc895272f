"""Whoever asks, at whichever door, reads the same numbers: page, CSV, API and command show the same report."""

import csv
import html
import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook
from rest_framework.test import APIClient

from handoff.console.frame.words import source_of
from handoff.models import ApiToken
from handoff.reports.registry import REPORTS
from handoff.reports.report import Report
from leads.models import User
from sla.metrics import Metric
from tests.world import World

pytestmark = pytest.mark.django_db
METRIC = Metric.TIME_TO_ACCEPT
PERIOD = {"from": "2026-03-03", "to": "2026-04-01"}
ROLES = ("ada", "max", "mia", "nora", "olga")
NEEDED: dict[str, dict[str, str]] = {name: {} for name in REPORTS} | {"attainment": {"metric": METRIC.value}}
# What is attributed, and what it cost; actions, clocks and rejections, and what of them is kept; the shares in all,
# likewise, and what else waits on a marketing lead; what was won.
EXTRA = {"closed_loop": 2, "scorecard": 12, "signals": 11, "versions": 4}
LONG_AGO = {"from": "2020-01-01"}
# Reports that can convert their amounts.
MONEY = {name for name, report in REPORTS.items() if "convert" in report.form().fields}
IN_EUR = {"convert": "EUR/ECB month-end"}
ROWS_OF = {name: [by for by, _ in report.form().fields["by"].choices] for name, report in REPORTS.items()}  # type: ignore[attr-defined]


@pytest.fixture
def _at_one_moment(history: None) -> Iterator[None]:
    """What still runs has another age a second later."""
    with time_machine.travel(timezone.now(), tick=False):
        yield


@pytest.mark.usefixtures("_at_one_moment")
def test_page_csv_workbook_api_and_command_agree(world: World) -> None:
    for report in REPORTS.values():  # in one history, which is long in the making
        assert_agree(report, world)


def assert_agree(report: Report, world: World) -> None:
    """By all rows that it can have; in a period, and one currency, where it has the rows that it shows first."""
    in_eur = IN_EUR if report.name in MONEY else {}
    for by in ROWS_OF[report.name]:
        is_first = by == report.asked_first["by"]
        asked = NEEDED[report.name] | {"by": by} | (LONG_AGO | in_eur if is_first else {})
        by_api = api(world.max, report.name, asked).json()["rows"]
        assert by_api, report.name

        assert json.loads(printed(report.name, asked, "--json")) == by_api, report.name
        assert [list(row) for row in by_api] == [report.header(by)] * len(by_api), report.name
        if is_first or by == "source":
            assert_page_and_files_agree(report, asked, by_api, world)
    asked = NEEDED[report.name] | {"by": report.asked_first["by"]} | PERIOD
    by_api = api(world.max, report.name, asked).json()["rows"]
    assert json.loads(printed(report.name, asked, "--json")) == by_api, report.name
    if by_api:
        assert_page_and_files_agree(report, asked, by_api, world)


def assert_page_and_files_agree(
    report: Report, asked: dict[str, str], by_api: list[dict[str, Any]], world: World
) -> None:
    header = report.header(asked["by"])
    by_csv = of_csv(world.max, report.name, asked)
    assert list(csv.reader(io.StringIO(printed(report.name, asked)), delimiter="\t")) == by_csv, report.name
    assert by_csv == [header, *([in_file(value) for value in row.values()] for row in by_api)]
    in_book = of_workbook(world.max, report.name, asked)
    assert in_book == [header, *([in_workbook(value) for value in row.values()] for row in by_api)]
    label = source_of if asked["by"] == "source" else str  # people read “Paid search”, files and programs paid_search
    assert of_page(world.max, report.name, asked) == [
        [label(row.label) if row.key else row.label, *main_cells(report, row)] for row in rows_of(report, asked)
    ]


@pytest.mark.usefixtures("_at_one_moment")
def test_all_who_may_read_the_same_numbers(world: World) -> None:
    people = [getattr(world, person) for person in ROLES]
    for name, report in REPORTS.items():
        readers = [person for person in people if report.may_be_read_by(person)]
        seen = [api(person, name, NEEDED[name]).json()["rows"] for person in readers]
        assert seen[0], name
        assert all(rows == seen[0] for rows in seen), name
        pages = [reverse(f"admin:{each}") for each in (name, f"{name}_export", f"{name}_workbook", f"{name}_leads")]
        column = next(iter(report.opens))
        for person in people:
            client = as_(person)
            opened = {client.get(page, NEEDED[name] | {"column": column}).status_code for page in pages}
            assert opened == ({200} if person in readers else {403}), (name, person)
            assert api(person, name, NEEDED[name]).status_code == (200 if person in readers else 403), (name, person)


def test_what_only_some_read_is_offered_to_nobody_else(world: World) -> None:
    link = reverse("admin:signals")
    for person, is_reader in ((world.ada, False), (world.mia, False), (world.max, True), (world.nora, True)):
        for page in ("funnel", "numbers"):
            assert (link in as_(person).get(reverse(f"admin:{page}")).content.decode()) is is_reader
    refused = api(world.ada, "signals", {}).json()["detail"]
    assert refused == "You may not read this report. Its readers are: Sales manager, Marketing lead, RevOps."


@pytest.mark.parametrize("name", REPORTS)
def test_nobody_reads_them_without_a_role(name: str, world: World) -> None:
    refused = api(world.eve, name, NEEDED[name])
    assert (refused.status_code, refused.json()["detail"]) == (
        403,
        "You may not read the reports: whoever has a role may.",
    )
    for page in (name, f"{name}_export"):
        assert as_(world.eve).get(reverse(f"admin:{page}")).status_code == 403
    assert Client().get(reverse(f"admin:{name}")).status_code == 302
    assert APIClient().get(f"/api/v1/reports/{name}/").status_code == 401


NONSENSE = [
    ({"from": "soon"}, "from", "“soon” is not a valid date: write one like 2026-03-01"),
    ({"to": "9" * 5000}, "to", "is not a valid date"),
    ({"from": "0001-01-01T00:00+14:00"}, "from", "“0001-01-01T00:00+14:00” is not a valid date"),
    ({"to": "9999-12-31T23:59:59-12:00"}, "to", "is not a valid date"),
    ({"to": "9999-12-31"}, "to", "“9999-12-31” is too far away: give a year from 1970 to 2199."),
    ({"from": "2026-04-01", "to": "2026-03-01"}, "to", "The period ends before it starts"),
    ({"from": "2026-04-01", "to": "2026-04-01T00:00+00:00"}, "to", "The period ends before it starts"),
]
OF_ONE = {
    "attainment": [
        ({"metric": ""}, "metric", "This field is required."),
        ({"metric": "time_to_dance"}, "metric", "time_to_dance is not one of the available choices"),
    ],
    "funnel": [({"by": "weather"}, "by", "weather is not one of the available choices")],
}


@pytest.mark.parametrize("name", REPORTS)
def test_each_door_refuses_what_makes_no_sense(name: str, world: World) -> None:
    client = as_(world.max)
    for wrong, field, words in [*OF_ONE.get(name, []), *NONSENSE]:
        asked = NEEDED[name] | wrong
        refused = api(world.max, name, asked)
        [error] = refused.json()["errors"]
        assert (refused.status_code, error["field"]) == (400, field)
        assert words in error["detail"]
        page = client.get(reverse(f"admin:{name}"), asked)
        assert (page.status_code, page.content.decode().count("fact-errors")) == (200, 1)
        assert words in html.unescape(page.content.decode())
        assert client.get(reverse(f"admin:{name}_export"), asked).status_code == 302
        with pytest.raises(CommandError):
            printed(name, asked)


def test_an_empty_page_says_why(world: World) -> None:
    assert "No clock to count" in as_(world.nora).get(reverse("admin:attainment")).content.decode()
    assert "No lead to count" in as_(world.nora).get(reverse("admin:funnel")).content.decode()


@pytest.mark.usefixtures("history")
def test_csv_defuses_formulas(world: World) -> None:
    for name in REPORTS:
        response = as_(world.max).get(reverse(f"admin:{name}_export"), NEEDED[name] | {"by": "campaign"})
        lines = list(csv.reader(io.StringIO(b"".join(response).decode())))
        assert {"campaign", "'=Spring"} <= {line[0] for line in lines} <= {"campaign", "'=Spring", ""}, name


@pytest.mark.usefixtures("history")
def test_the_page_asks_as_often_for_many_rows_as_for_one(world: World, django_assert_max_num_queries: Any) -> None:
    for name, report in REPORTS.items():
        client = as_(world.mia if report.may_be_read_by(world.mia) else world.nora)
        # The session, the user with roles, what waits on marketing, the possible duplicates, the report, the firm.
        # Of what is kept: the firm, the question, and that it was asked. Of what converts amounts: the sets of rates.
        with django_assert_max_num_queries(9 + EXTRA.get(name, 0) + (name in MONEY)):
            client.get(reverse(f"admin:{name}"), NEEDED[name] | {"by": "campaign"})


def test_each_report_is_in_the_sidebar(world: World) -> None:
    page = as_(world.nora).get(reverse("admin:funnel")).content.decode()
    for name, report in REPORTS.items():
        assert re.search(rf'href="{reverse(f"admin:{name}")}".*?{report.title}', page, re.DOTALL)


@pytest.mark.parametrize("report", REPORTS.values(), ids=lambda report: report.name)
def test_each_column_says_what_it_is(report: Report) -> None:
    names = [column.name for column in report.columns]
    assert len(set(names)) == len(names)
    assert all(column.label and column.definition for column in report.columns)
    assert {column.below for column in report.columns if column.below} <= set(names)


def rows_of(report: Report, asked: dict[str, str]) -> Any:
    form = report.form(asked)
    assert form.is_valid()
    return report.rows(form.cleaned_data, timezone.now())


def main_cells(report: Report, row: Any) -> list[str]:
    words = report.as_words(row)
    return [words[column.name] for column in report.columns if not column.below]


def in_file(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{amount} {currency}" for currency, amount in value.items())
    return "" if value is None else str(value)


def in_workbook(value: Any) -> Any:
    """Numbers are numbers there, of fewer digits than Python has."""
    return float(f"{value:.12G}") if isinstance(value, int | float) else in_file(value)


def printed(name: str, asked: dict[str, str], *options: str) -> str:
    out = io.StringIO()
    call_command("report", name, *(f"--{option}={text}" for option, text in asked.items()), *options, stdout=out)
    return out.getvalue()


def of_csv(person: User, name: str, asked: dict[str, str]) -> list[list[str]]:
    response = as_(person).get(reverse(f"admin:{name}_export"), asked)
    lines = csv.reader(io.StringIO(b"".join(response).decode()))
    return [[cell.removeprefix("'") for cell in line] for line in lines]


def of_workbook(person: User, name: str, asked: dict[str, str]) -> list[list[Any]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(as_(person).get(reverse(f"admin:{name}_workbook"), asked).content))
    lines = book.get_sheet_by_name("Report").to_python()
    return [[in_workbook(cell) if isinstance(cell, int | float) else cell for cell in line] for line in lines]


def of_page(person: User, name: str, asked: dict[str, str]) -> list[list[str]]:
    """The rows of the page's table, without what stands in small print."""
    page = as_(person).get(reverse(f"admin:{name}"), asked).content.decode()
    body = re.sub(r"<small>.*?</small>", "", page[page.index("<tbody>") : page.index("</tbody>")])
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[html.unescape(re.sub(r"</?[ab]\b[^>]*>", "", cell)) for cell in row] for row in cells]


def api(person: User, name: str, asked: dict[str, str]) -> Any:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {ApiToken.issue(person)}")
    return client.get(f"/api/v1/reports/{name}/", asked)


def as_(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client
