"""The page Engine: figures, what is wrong, and the leads that slip through."""

import pytest
from django.urls import reverse
from django.utils import timezone

from handoff import workflow
from handoff.models import Incident, Part
from tests.handoff.engine.conftest import live
from tests.world import World, make_lead

pytestmark = pytest.mark.django_db
PAGE = "admin:engine"


def test_an_engine_that_is_well(world: World, as_) -> None:
    live()
    page = as_(world.olga).get(reverse(PAGE)).content.decode()
    assert page.count("Alive") == 3
    assert "manage.py doctor" in page
    assert "None: every open lead has an owner who can be notified" in page
    assert "have ever been silent" in page


def test_what_is_wrong_with_what_to_do_and_the_leads_by_name(world: World, as_) -> None:
    live(sweep=300)
    Incident.objects.create(part=Part.WORKER, problem="the last sweep ran long ago", noticed_at=timezone.now())
    lead = make_lead()
    workflow.promote(lead.pk, by=world.mia, team=world.berlin)

    page = as_(world.olga).get(reverse(PAGE)).content.decode()

    assert "Worker: the last sweep ran 5 min ago" in page
    assert "To do: start it" in page
    assert reverse("admin:leads_lead_change", args=[lead.pk]) in page
    assert "Still silent" in page


def test_it_does_not_grow_with_what_it_shows(world: World, as_, django_assert_max_num_queries) -> None:
    client = as_(world.olga)
    for number in range(12):
        workflow.promote(make_lead(f"Lead {number}").pk, by=world.mia, team=world.berlin)
    with django_assert_max_num_queries(22):
        page = client.get(reverse(PAGE)).content.decode()
    assert "The 10 that have waited longest, of 12." in page


def test_only_revops_finds_it_in_the_sidebar(world: World, as_) -> None:
    for user, count in ((world.olga, 1), (world.mia, 0)):
        page = as_(user).get(reverse("admin:leads_lead_changelist")).content.decode()
        assert page.count(f'href="{reverse(PAGE)}"') == count
