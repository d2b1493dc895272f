"""Sessions need the database and nothing else."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from redis.exceptions import ConnectionError as NoRedisError

from leads.models import Role
from tests.world import person

pytestmark = pytest.mark.django_db
CREDENTIALS = {"username": "ada", "password": "demo"}


@pytest.fixture
def log_in(db: None) -> Client:
    person("ada", Role.SALES_REP)
    client = Client()
    assert client.post(reverse("admin:login"), CREDENTIALS).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get(reverse("admin:my_leads")).status_code == 200


@pytest.fixture
def no_redis(settings: Any, tmp_path: Any) -> None:
    redis = "django.core.cache.backends.redis.RedisCache"
    settings.CACHES = {"default": {"BACKEND": redis, "LOCATION": f"unix://{tmp_path}/nobody"}}
    with pytest.raises(NoRedisError):
        cache.get("anything")


@pytest.mark.usefixtures("no_redis")
def test_without_redis_people_log_in_work_and_log_out(log_in: Client) -> None:
    assert is_in(log_in)
    session = log_in.cookies["sessionid"].value
    log_in.post(reverse("admin:logout"))
    stolen = Client()
    stolen.cookies["sessionid"] = session
    assert not is_in(stolen)


def test_a_session_that_is_over_or_unknown_is_none(log_in: Client) -> None:
    assert is_in(log_in)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert not is_in(log_in)
    unknown = Client()
    unknown.cookies["sessionid"] = "x" * 32
    assert not is_in(unknown)
