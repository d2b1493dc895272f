"""No page and no list of the API takes more queries for many rows than for one."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from handoff.console.frame.site import site
from handoff.models import ApiToken
from leads.models import Campaign, ExternalId, PossibleDuplicate, State, Touchpoint, User
from sla.metrics import Metric
from tests.world import World, bring_to, make_lead, make_policy

STATES = (State.RAW, State.MQL, State.SAL, State.SQL, State.REJECTED)
API = ("leads", "touchpoints", "duplicates", "campaigns", "imports", "reasons", "attributes")
PEOPLE = ("ada", "max", "mia", "olga")


@pytest.fixture
def promises(db: None) -> None:
    for metric in (Metric.TIME_TO_ACCEPT, Metric.SPEED_TO_LEAD, Metric.TIME_TO_ANSWER):
        make_policy(metric)


def make_rows(world: World, number: int) -> None:
    """A lead in each state, and what lists show beside them."""
    for state in STATES:
        campaign = Campaign.objects.create(name=f"Campaign {state} {number}")
        lead = bring_to(state, make_lead(f"{state} {number}", campaign=campaign), world)
        other = make_lead(f"Twin of {state} {number}", team=lead.team)
        PossibleDuplicate.objects.create(first=lead, second=other, score=90, reasons=["Their names are alike"])
        ExternalId.objects.create(lead=lead, system="hubspot", value=str(lead.pk))
        Touchpoint.objects.create(lead=lead, kind="form", campaign=campaign, at=timezone.now())


def pages_of(user: User) -> list[str]:
    request: Any = type("Request", (), {"user": user, "GET": {}})()
    shown = [page.opts for page in site._registry.values() if page.has_view_permission(request)]
    names = [f"{each.app_label}_{each.model_name}" for each in shown]
    mine = [f"{reverse('admin:my_leads')}?whose={scope}" for scope in ("mine", "queue", "team")]
    return [*mine, reverse("admin:board"), *(reverse(f"admin:{name}_changelist") for name in names)]


def queries(user: User) -> dict[str, int]:
    """How many each address takes that answers them."""
    client, token = Client(), ApiToken.issue(user)
    client.force_login(user)
    api = [f"{reverse(f'api:{name}')}?" for name in API] + [f"{reverse('api:leads')}?ordering=due"]
    counts: dict[str, int] = {}
    for url in [*pages_of(user), *api]:
        headers = {"Authorization": f"Bearer {token}"} if url.startswith("/api") else {}
        with CaptureQueriesContext(connection) as captured:
            response = client.get(url, headers=headers)
        if response.status_code == 200:
            counts[url] = len(captured)
    return counts


def test_a_list_takes_as_many_queries_for_many_rows_as_for_one(promises: None, world: World) -> None:
    make_rows(world, 0)
    people = [getattr(world, name) for name in PEOPLE]
    for person in people:
        queries(person)  # what is looked up once is kept
    few = {person.username: queries(person) for person in people}
    for number in range(1, 5):
        make_rows(world, number)

    for person in people:
        assert queries(person) == few[person.username], person
