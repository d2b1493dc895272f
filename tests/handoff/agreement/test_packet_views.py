"""Seen before the first touch: kept for whoever owes it, once, whichever door they read the packet at."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client, RequestFactory
from django.urls import reverse
from rest_framework.test import APIClient

from handoff import workflow
from handoff.agreement import packet_views
from handoff.agreement.packet_views import note_view
from handoff.console.leads.timeline import timeline
from handoff.models import ApiToken, PacketView
from leads.models import Attribute, AttributeType, Lead, User
from tests.programs import in_threads
from tests.world import MONDAY, World, make_lead

pytestmark = pytest.mark.django_db
TOUCH: dict[str, Any] = {"channel": "call", "outcome": "reached"}


@pytest.fixture(autouse=True)
def _cache_in_memory(settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


@pytest.fixture
def lead(world: World) -> Lead:
    lead = make_lead(company="Fox Ltd")
    workflow.promote(lead.pk, by=world.mia, owner=world.ada)
    return lead


def as_(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def by_page(person: User, lead: Lead, **headers: str) -> Any:
    return as_(person).get(reverse("admin:leads_lead_change", args=[lead.pk]), headers=headers)


def by_preview(person: User, lead: Lead, **headers: str) -> Any:
    return as_(person).get(reverse("admin:my_lead", args=[lead.pk]), headers=headers)


def by_question(person: User, lead: Lead, **headers: str) -> Any:
    return as_(person).get(reverse("admin:act", args=["accept", lead.pk]), headers=headers)


def by_api(person: User, lead: Lead, **headers: str) -> Any:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {ApiToken.issue(person)}")
    return client.get(f"/api/v1/leads/{lead.pk}/packet/", headers=headers)


DOORS = (by_page, by_preview, by_question, by_api)


def views() -> list[str]:
    return list(PacketView.objects.order_by("pk").values_list("person__username", flat=True))


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_each_door_keeps_the_first_time(door: Callable[..., Any], lead: Lead, world: World) -> None:
    for purpose in ("prefetch", "prefetch;prerender"):
        assert door(world.ada, lead, **{"Sec-Purpose": purpose}).status_code == 200
    assert views() == []
    response = door(world.ada, lead)
    assert "Fox Ltd" in response.content.decode()
    first = PacketView.objects.get().at
    door(world.ada, lead)
    assert (views(), PacketView.objects.get().at) == (["ada"], first)
    door(world.max, lead)  # its manager does not owe it
    assert views() == ["ada"]


def test_in_a_queue_it_is_whoever_may_take_it_from_there(world: World) -> None:
    lead = make_lead()
    workflow.promote(lead.pk, by=world.mia, team=world.berlin)
    for person in (world.max, world.mia, world.olga, world.ada, world.ben):
        by_page(person, lead)
    assert views() == ["ada", "ben"]
    workflow.assign(lead.pk, by=world.ada, owner=world.ada)
    workflow.accept(lead.pk, by=world.ada)
    workflow.touch(lead.pk, by=world.ada, **TOUCH)
    assert by_api(world.ada, lead).json()["seen_before_contact"] is True


def test_nobody_owes_a_first_touch_before_the_handoff_and_after_the_touch(world: World) -> None:
    lead = make_lead()
    by_page(world.mia, lead)
    assert by_api(world.mia, lead).status_code == 404
    workflow.promote(lead.pk, by=world.mia, owner=world.ada)
    workflow.accept(lead.pk, by=world.ada)
    workflow.touch(lead.pk, by=world.ada, **TOUCH)
    by_page(world.ada, lead)
    assert views() == []
    assert by_api(world.ada, lead).json()["seen_before_contact"] is False
    assert "Not seen before the first touch" in by_page(world.max, lead).content.decode()


def test_another_handoff_is_another_packet(lead: Lead, world: World) -> None:
    by_page(world.ada, lead)
    workflow.reject(lead.pk, by=world.ada, reason="bad_contact_data", wrong_field="phone")
    workflow.resubmit(lead.pk, by=world.mia, fixed="The number.")
    by_page(world.ada, lead)
    assert list(PacketView.objects.order_by("pk").values_list("handoff__cycle", flat=True)) == [1, 2]


def test_the_page_and_the_timeline_say_it(world: World) -> None:
    with time_machine.travel(MONDAY, tick=False) as clock:
        lead = make_lead()
        workflow.promote(lead.pk, by=world.mia, owner=world.ada)
        clock.shift(timedelta(minutes=5))
        by_preview(world.ada, lead)
        clock.shift(timedelta(minutes=5))
        workflow.accept(lead.pk, by=world.ada)
        workflow.touch(lead.pk, by=world.ada, **TOUCH)
        page = by_page(world.max, lead).content.decode()
    assert "Seen before the first touch: Ada" in page
    [event] = [each for each in timeline(lead) if each.headline == "Saw the packet of handoff 1"]
    assert (event.who, event.at, event.why) == (
        "Ada",
        MONDAY + timedelta(minutes=5),
        (("", "Seen before the first touch"),),
    )


def test_a_touch_that_is_logged_later_may_have_been_before(lead: Lead, world: World) -> None:
    by_page(world.ada, lead)
    workflow.accept(lead.pk, by=world.ada)
    at = PacketView.objects.get().at - timedelta(microseconds=1)
    workflow.touch(lead.pk, by=world.ada, at=at, **TOUCH)
    assert by_api(world.ada, lead).json()["seen_before_contact"] is False
    [event] = [each for each in timeline(lead) if each.headline == "Saw the packet of handoff 1"]
    assert event.why == ()


def test_no_page_fails_of_it(lead: Lead, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packet_views, "load", lambda *_: "SELECT 1 / 0")
    for door in DOORS:
        assert door(world.ada, lead).status_code == 200
    assert views() == []


def test_one_page_costs_one_statement(lead: Lead, world: World, django_assert_num_queries: Any) -> None:
    request = RequestFactory().get("/")
    note_view(request, lead.pk, world.ada)
    with django_assert_num_queries(3):  # with its savepoint
        note_view(request, lead.pk, world.ada)
    with django_assert_num_queries(0):
        note_view(RequestFactory().head("/"), lead.pk, world.ada)


@pytest.mark.django_db(transaction=True)
def test_opened_many_times_at_once_it_is_kept_once(lead: Lead, world: World) -> None:
    request = RequestFactory().get("/")
    world.ada.roles, world.ada.team_ids  # noqa: B018 read before the threads
    in_threads(4, lambda: note_view(request, lead.pk, world.ada))
    assert views() == ["ada"]


def test_the_api_hides_what_one_may_not_see(world: World) -> None:
    Attribute.objects.create(key="secret", label="Secret", type=AttributeType.TEXT, seen_by=["RevOps"])
    lead = make_lead(attributes={"secret": "4711"})
    workflow.promote(lead.pk, by=world.mia, owner=world.ada)
    assert "4711" not in by_api(world.ada, lead).content.decode()
    assert by_api(world.olga, lead).json()["packet"]["attributes.secret"] == "4711"
