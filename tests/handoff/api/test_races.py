"""Two requests at the same moment: one wins, the other hears of it, and nothing breaks."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from leads.models import Lead, Transition
from tests.handoff.api.conftest import AsPerson
from tests.world import World, bring_to, make_lead

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*clients: APIClient, path: str, body: dict[str, Any]) -> list[int]:
    barrier = Barrier(len(clients))

    def post(client: APIClient) -> int:
        try:
            barrier.wait()
            return int(client.post(path, body).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(clients)) as pool:
        return sorted(pool.map(post, clients))


@pytest.mark.parametrize("attempt", range(5))
def test_the_same_new_lead_is_created_once(world: World, client_of: AsPerson, attempt: int):
    clients = [client_of(world.mia) for _ in range(4)]
    body = {"email": "dana@buyer.example", "external_ids": [{"system": "hubspot", "value": "77"}], "campaign": "Spring"}
    assert at_once(*clients, path="/api/v1/leads/", body=body) == [200, 200, 200, 201]
    assert Lead.objects.count() == 1


def test_one_of_two_who_accept_wins(world: World, client_of: AsPerson):
    lead = bring_to("mql", make_lead(), world)
    path = f"/api/v1/leads/{lead.pk}/transitions/"
    assert at_once(client_of(world.ada), client_of(world.max), path=path, body={"verb": "accept"}) == [201, 409]
    assert Transition.objects.filter(lead=lead, verb="accept").count() == 1
