"""Campaigns, reasons and who one is."""

from typing import Any

from django.utils import timezone

from leads.models import Campaign, Reason
from tests.handoff.api.conftest import AsPerson
from tests.world import World


def test_me(world: World, client_of: AsPerson):
    shown = client_of(world.max).get("/api/v1/me/").json()
    assert shown == {
        "username": "max",
        "name": "Max",
        "email": "max@handoff.example",
        "time_zone": "Europe/Berlin",
        "roles": ["Sales manager"],
        "teams": [{"id": world.berlin.pk, "name": "Berlin", "time_zone": "Europe/Berlin"}],
    }


def test_reasons_in_force_come_first_and_retired_ones_are_flagged(world: World, client_of: AsPerson):
    Reason.objects.filter(code="duplicate").update(retired_at=timezone.now())
    reasons = client_of(world.ada).get("/api/v1/reasons/").json()
    assert [reason["code"] for reason in reasons if reason["retired"]] == ["duplicate"]
    assert reasons[-1]["code"] == "duplicate"
    assert len(reasons) == Reason.objects.count()


def test_campaigns_are_for_people_with_a_role(world: World, client_of: AsPerson, django_assert_num_queries: Any):
    for name in ("Spring", "Autumn"):
        Campaign.objects.create(name=name, owner=world.mia, promise="A free trial")
    ada = client_of(world.ada)
    with django_assert_num_queries(2):  # the token with the rights, the campaigns
        campaigns = ada.get("/api/v1/campaigns/").json()["results"]
    assert [campaign["name"] for campaign in campaigns] == ["Autumn", "Spring"]
    assert client_of(world.eve).get("/api/v1/campaigns/").json()["results"] == []


def test_the_lists_are_for_reading(world: World, client_of: AsPerson):
    for path in ("campaigns", "reasons", "me"):
        assert client_of(world.olga).post(f"/api/v1/{path}/", {}).status_code == 405
