"""Possible duplicates by the API: read them, say that two are not the same, merge with a choice of facts, undo it."""

from typing import Any

import pytest

from handoff.amending import duplicates
from leads.models import Lead, PossibleDuplicate
from tests.world import World, make_lead

pytestmark = pytest.mark.django_db
FIRM = "@acme-logistics.example.com"


@pytest.fixture
def pair(world: World) -> PossibleDuplicate:
    make_lead("Jon Smith", email=f"jon.smith{FIRM}", title="Buyer")
    make_lead("John Smith", email=f"john{FIRM}", title="Head of Purchasing")
    duplicates.find_marked()
    return PossibleDuplicate.objects.get()


def test_what_waits_is_read_with_its_reasons(pair: PossibleDuplicate, world: World, client_of: Any) -> None:
    client = client_of(world.mia)
    [shown] = client.get("/api/v1/duplicates/").json()["results"]
    assert shown["leads"] == [pair.first_id, pair.second_id]
    assert shown["score"] == pair.score
    assert "same company domain" in shown["reasons"]
    assert client.get(f"/api/v1/duplicates/?lead={pair.second_id}").json()["results"] == [shown]
    other = make_lead("Somebody Else")
    assert client.get(f"/api/v1/duplicates/?lead={other.pk}").json()["results"] == []
    assert client.get("/api/v1/duplicates/?lead=²").status_code == 400
    assert client_of(world.ada).get("/api/v1/duplicates/").json()["results"] == []
    assert client_of(world.ada).get(f"/api/v1/duplicates/{pair.pk}/").status_code == 404


def test_two_are_not_the_same(pair: PossibleDuplicate, world: World, client_of: Any) -> None:
    url = f"/api/v1/duplicates/{pair.pk}/"
    client = client_of(world.mia)
    assert client.patch(url, {"state": "merged"}).status_code == 400
    shown = client.patch(url, {"state": "not_the_same"}).json()
    assert (shown["state"], shown["decided_by"]) == ("not_the_same", "mia")
    assert client.patch(url, {"state": "not_the_same"}).status_code == 409
    assert client.get("/api/v1/duplicates/").json()["results"] == []


def test_a_merge_takes_the_facts_that_are_named_and_is_undone(
    pair: PossibleDuplicate, world: World, client_of: Any
) -> None:
    client = client_of(world.mia)
    url = f"/api/v1/leads/{pair.first_id}/transitions/"
    for wrong in ("title", ["tittle"], [1], {"title": 1}, ["phone"]):
        answer = client.post(url, {"verb": "merge", "into": pair.second_id, "take": wrong})
        assert (answer.status_code, "take" in str(answer.json())) == (400, True)
    done = client.post(url, {"verb": "merge", "into": pair.second_id, "take": ["title", "email"]})
    assert done.status_code == 201
    stays = Lead.objects.get(pk=pair.second_id)
    assert (stays.title, stays.email, stays.name) == ("Buyer", f"jon.smith{FIRM}", "John Smith")
    undone = client.post(url, {"verb": "unmerge", "reason": "Father and son."})
    assert undone.status_code == 201
    stays.refresh_from_db()
    assert (stays.title, stays.email) == ("Head of Purchasing", f"john{FIRM}")
