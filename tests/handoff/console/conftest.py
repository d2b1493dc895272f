"""Clients of the console, logged in as the people of the tests."""

from collections.abc import Callable

import pytest
from django.test import Client

from leads.models import User

Login = Callable[[User], Client]


@pytest.fixture
def as_() -> Login:
    def login(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return login


@pytest.fixture(autouse=True)
def _cache_in_memory(settings) -> None:
    """Nothing here is about Redis."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
