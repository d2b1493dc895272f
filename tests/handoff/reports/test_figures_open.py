"""Whoever opens a figure meets as many entries as it says: every figure of home, scorecard, review and every report."""

import html
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from handoff.agreement import definitions, handoff_rules, scoring
from handoff.reports.registry import REPORTS
from handoff.reviewing.closing import close
from leads.models import PossibleDuplicate, User
from tests.handoff.reviewing.month import APRIL_3, APRIL_10, at, march
from tests.world import World, make_lead

pytestmark = pytest.mark.django_db
FIGURE = re.compile(r'<a [^>]*href="([^"#]+)"[^>]*>(?:<b>)?([\d,]+)(?![\d.,–])')
MARCH = "?period=2026-03"
RULE = {"name": "Sent a form", "kinds": ["form"], "points": 20, "half_life": 30}
MODEL = {"text": "Who asks.", "fit_rules": [], "behaviour_rules": [RULE], "exclusions": []} | {
    "grade_a": 3,
    "grade_b": 2,
    "grade_c": 1,
    "review_months": 12,
}
REPORT_PAGES = [
    *(f"{reverse(f'admin:{name}')}?{'metric=time_to_accept' if name == 'attainment' else ''}" for name in REPORTS),
    f"{reverse('admin:speed')}?by=hour",
]


def as_(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def main_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    page = answer.content.decode()
    return page[page.index('<main id="main"') : page.index("</main>")]


def figures_of(client: Client, address: str) -> list[tuple[str, int]]:
    """The figures of a page that open, with where they lead."""
    figures = [(html.unescape(link), text) for link, text in FIGURE.findall(main_of(client, address))]
    return [(link, int(text.replace(",", ""))) for link, text in figures if "/leads/?" in link]


def entries_of(client: Client, link: str) -> tuple[int, int]:
    """How many entries a page announces, and how many there are on it and on those that follow."""
    page = main_of(client, link)
    [total], listed = re.findall(r'data-total="(\d+)"', page), page.count("data-entry")
    while more := re.search(r'href="([^"]+)"[^>]*rel="next"', page):
        page = main_of(client, link.partition("?")[0] + html.unescape(more[1]))
        listed += page.count("data-entry")
    return int(total), listed


def that_differ(client: Client, addresses: list[str]) -> tuple[int, list[Any]]:
    """How many figures open, and those that open to another number of entries than they say."""
    figures = {figure for address in addresses for figure in figures_of(client, address)}
    opened = [(link, number, entries_of(client, link)) for link, number in sorted(figures)]
    return len(figures), [each for each in opened if each[2] != (each[1], each[1])]


@pytest.fixture
def _at_one_moment(history: None) -> Iterator[None]:
    with time_machine.travel(timezone.now(), tick=False):
        yield


@pytest.mark.usefixtures("_at_one_moment")
def test_every_figure_of_every_report_opens_to_as_many_entries(world: World) -> None:
    """Small print and the map of the week included. A manager of one team reads the same figures as marketing."""
    nora, max_ = as_(world.nora), as_(world.max)
    assert [figures_of(max_, page) for page in REPORT_PAGES] == [figures_of(nora, page) for page in REPORT_PAGES]
    number, differing = that_differ(nora, REPORT_PAGES)
    assert differing == []
    assert number > 100
    of_a_team = [figures_of(max_, page)[-1] for page in REPORT_PAGES]
    assert [entries_of(max_, link) for link, _ in of_a_team] == [(number, number) for _, number in of_a_team]


@pytest.mark.parametrize("name", ["nora", "ada"])
def test_every_figure_of_scorecard_and_review_opens_to_as_many_entries(name: str, world: World) -> None:
    """While the month is open, and once it is closed."""
    leads = march(world)
    client, pages = as_(getattr(world, name)), [reverse(f"admin:{page}") + MARCH for page in ("sheet", "review")]
    with at(APRIL_3):
        is_open = that_differ(client, pages)
        close("2026-03", by=world.olga)
    with at(APRIL_10):
        is_closed = that_differ(client, pages)
        review = main_of(client, pages[1])
    assert (is_open[1], is_closed[1]) == ([], [])
    assert is_open[0] > is_closed[0] > 10
    assert review.count(reverse("admin:leads_lead_change", args=[leads["Bear"].pk])) == 1


@pytest.mark.usefixtures("_at_one_moment")
def test_the_figures_of_home_are_those_of_the_reports_and_the_same_for_everyone(world: World) -> None:
    """No vanity: each is of acceptance, validity, a promise or money, and is counted by its report alone."""
    pages = {
        name: as_(getattr(world, name)).get(reverse("admin:home")) for name in ("ada", "max", "mia", "nora", "olga")
    }
    tiles = {name: page.context["tiles"] for name, page in pages.items()}
    assert all(shown == tiles["olga"] for shown in tiles.values())
    assert [(tile.title, tile.figure) for tile in tiles["ada"]] == [
        ("Accepted by sales", ["3"]),
        ("Valid leads", ["100 %"]),
        ("Speed to lead kept", ["–"]),
        ("Won", ["1,200.50 EUR", "1,200.50 USD"]),
    ]
    opened = {tile.title: entries_of(as_(world.max), tile.leads_url) for tile in tiles["max"] if tile.leads_url}
    assert opened == {"Accepted by sales": (3, 3), "Valid leads": (6, 6), "Won": (2, 2)}


@pytest.mark.usefixtures("history")
def test_what_waits_is_as_much_as_the_page_behind_it_lists(world: World) -> None:
    """At home and in the sidebar, for each role."""
    scoring.draft(MODEL)
    handoff_rules.draft({"recycle_limit": 1})
    definitions.draft("mql", "Better.", [])
    PossibleDuplicate.objects.create(first=make_lead("Twin"), second=make_lead("Twine"), score=90, reasons=["Alike"])
    for name in ("ada", "max", "mia", "nora", "olga"):
        client = as_(getattr(world, name))
        home = client.get(reverse("admin:home")).context
        items = [item for group in home["sidebar_navigation"] for item in group["items"]]
        badges = {item["link"]: str(item["badge"]) for item in items if str(item["badge"]) not in ("", "0")}
        assert {each.url: each.count for each in home["waiting"]}.items() <= badges.items(), name
        assert {link: str(listed(client, link)) for link in badges} == badges
        assert badges, name


def listed(client: Client, link: str) -> int:
    """How many rows there are that wait for whoever looks."""
    context = client.get(link).context
    if "sections" in context:
        only = dict(parse_qsl(link.partition("?")[2])).get("due")
        return sum(each.number for each in context["sections"] if only in (None, each.name))
    return len(context["mine"]) if "mine" in context else context["cl"].result_count
