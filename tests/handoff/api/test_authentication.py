"""Who may ask at all: owners of valid tokens, and people who are logged in."""

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from handoff.models import ApiToken
from tests.world import World, make_lead

ME = "/api/v1/me/"


@pytest.mark.parametrize("scheme", ["Bearer", "Token", "bearer"])
def test_a_token_acts_for_its_owner(world: World, scheme: str):
    answer = APIClient().get(ME, HTTP_AUTHORIZATION=f"{scheme} {ApiToken.issue(world.ada)}")
    assert (answer.status_code, answer.json()["username"]) == (200, "ada")


def test_a_session_acts_for_the_person_who_is_logged_in(world: World):
    client = APIClient()
    client.force_login(world.ada)
    assert client.get(ME).json()["username"] == "ada"


def test_a_session_cannot_write_without_the_csrf_token(world: World):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(world.mia)
    assert client.post("/api/v1/leads/", {"email": "dana@buyer.example"}).status_code == 403


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer hfo_wrong", "Bearer hfo_\u00e9", "Basic YWRhOmRlbW8="]
)
def test_who_shows_nothing_valid_is_told_how_to(world: World, header: str):
    answer = APIClient().get(ME, headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="handoff"'
    assert answer["Content-Type"] == "application/problem+json"


def test_a_revoked_token_opens_nothing(world: World):
    token = ApiToken.issue(world.ada)
    world.ada.api_tokens.update(revoked_at=timezone.now())
    assert APIClient().get(ME, HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 401


def test_the_token_of_somebody_who_left_opens_nothing(world: World):
    token = ApiToken.issue(world.ada)
    world.ada.is_active = False
    world.ada.save()
    assert APIClient().get(ME, HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 401


def test_the_description_is_open_to_all(db: None):
    assert APIClient().get("/api/v1/schema/").status_code == 200
    assert APIClient().get("/api/v1/docs/").status_code == 200


def test_nothing_else_is(world: World):
    lead = make_lead()
    one = f"/api/v1/leads/{lead.pk}/"
    for path in ("/api/v1/leads/", one, f"{one}transitions/", "/api/v1/campaigns/", "/api/v1/reasons/"):
        assert APIClient().get(path).status_code == 401
