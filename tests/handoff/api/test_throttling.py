"""One person may ask so often, and no more."""

import uuid

import pytest
from redis import Redis

from handoff.api.throttling import PersonalRate
from tests.handoff.api.conftest import AsPerson
from tests.world import World

ME = "/api/v1/me/"


@pytest.fixture
def two_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PersonalRate, "THROTTLE_RATES", {"user": "2/hour"})
    monkeypatch.setattr(PersonalRate, "scope", "user")
    monkeypatch.setattr(PersonalRate, "cache_format", f"{uuid.uuid4()}_%(scope)s_%(ident)s")


def test_who_asks_too_often_is_told_when_to_come_back(world: World, client_of: AsPerson, two_an_hour: None):
    ada, ben = client_of(world.ada), client_of(world.ben)
    assert [ada.get(ME).status_code for _ in range(2)] == [200, 200]
    answer = ada.get(ME)
    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
    assert 0 < int(answer["Retry-After"]) <= 3600
    assert ben.get(ME).status_code == 200


def test_without_redis_nobody_is_counted(
    world: World, client_of: AsPerson, two_an_hour: None, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("handoff.api.throttling.server", lambda: Redis(unix_socket_path="/nobody/listens"))
    assert [client_of(world.ada).get(ME).status_code for _ in range(3)] == [200, 200, 200]
