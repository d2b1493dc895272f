"""Whatever sort a list offers, an index has its rows in that order: no list sorts rows that it does not show."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from handoff.api.leads import LeadsView
from leads import search
from leads.models import Lead, State
from leads.search import search as search_leads
from sla.metrics import Metric
from tests.world import World, bring_to, make_lead, make_policy

SORTED = re.compile(r"(^|->  )Sort  ", re.MULTILINE)
LISTS = [
    "leads_lead",
    "leads_transition",
    "leads_possibleduplicate",
    "sla_clock",
    "sla_alarm",
    "handoff_handoff",
    "handoff_delivery",
]


def plans(client: Any, url: str, most: int, query: dict[str, str]) -> list[str]:
    """How PostgreSQL reads the rows of a list where it may neither read a whole table nor sort, if an index serves."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url, query).status_code == 200
    asked = [each["sql"] for each in captured if "ORDER BY" in each["sql"] and f"LIMIT {most}" in each["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off")
        explained = []
        for sql in asked:
            cursor.execute(f"EXPLAIN {sql}")
            explained.append("\n".join(line for (line,) in cursor.fetchall()))
    return explained


@pytest.mark.parametrize("name", LISTS)
def test_each_sort_that_a_list_offers_is_one_of_an_index(name: str, world: World, as_) -> None:
    client, url = as_(world.olga), reverse(f"admin:{name}_changelist")
    heads = client.get(url).context["table"].heads
    offered = [f"{sign}{place}" for place, head in enumerate(heads) if head.link for sign in ("", "-")]

    for order in ["", *offered]:
        read = plans(client, url, 1001, {"o": order} if order else {})
        assert read, order
        assert not [plan for plan in read if SORTED.search(plan)], order


@pytest.mark.parametrize("ordering", [sign + name for name in LeadsView.orderings for sign in ("", "-")])
def test_each_ordering_of_the_api_is_one_of_an_index(ordering: str, world: World, as_) -> None:
    read = plans(as_(world.olga), reverse("api:leads"), 51, {"ordering": ordering})

    assert read
    assert not [plan for plan in read if SORTED.search(plan)]


def test_what_a_head_does_not_offer_is_not_sorted_by(world: World, as_) -> None:
    for name in ("Anna", "Zoe"):
        make_lead(name)

    response = as_(world.olga).get(reverse("admin:leads_lead_changelist"), {"o": "1"})

    assert [str(lead) for lead in response.context["cl"].result_list] == ["Zoe", "Anna"]  # the newest first


def test_leads_with_a_due_time_come_first_and_each_once(world: World, as_) -> None:
    for metric in (Metric.TIME_TO_ACCEPT, Metric.SPEED_TO_LEAD):
        make_policy(metric)
    for name, state in (("Old", State.RAW), ("Due", State.MQL), ("Young", State.RAW)):
        bring_to(state, make_lead(name), world)

    response = as_(world.olga).get(reverse("admin:leads_lead_changelist"))

    assert [str(lead) for lead in response.context["cl"].result_list] == ["Due", "Young", "Old"]
    assert response.context["cl"].result_count == 3


def test_a_list_reads_its_page_and_says_that_there_are_more(world: World, as_, monkeypatch) -> None:
    monkeypatch.setattr("handoff.console.frame.changelist.MOST_COUNTED", 3)
    monkeypatch.setattr("handoff.console.frame.counting.MOST_COUNTED", 3)
    monkeypatch.setattr("handoff.console.leads.leads.LeadPage.list_per_page", 2)
    for number in range(6):
        make_lead(f"Lead {number}")

    response = as_(world.olga).get(reverse("admin:leads_lead_changelist"), {"p": "2"})

    assert response.context["cl"].result_count == "3+"
    assert [str(lead) for lead in response.context["cl"].result_list] == ["Lead 3", "Lead 2"]


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("dana", True),
        ("fox", True),
        ("dana f", True),
        ("acme", True),
        ("acme lt", True),
        ("ana", False),
        ("cme", False),
    ],
)
def test_an_old_lead_is_found_by_how_its_names_begin(text: str, is_found: bool, world: World, monkeypatch) -> None:
    monkeypatch.setattr(search, "READ", 0)
    lead = make_lead("Dana Fox", company="Acme Ltd")
    make_lead("Newer", company="Other")

    assert (lead.pk in search_leads(Lead.objects.all(), text).ids) is is_found
