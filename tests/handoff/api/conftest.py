"""A client for each person, who shows a token."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from handoff.models import ApiToken
from leads.models import User

AsPerson = Callable[[User], APIClient]


@pytest.fixture
def client_of(db: None) -> AsPerson:
    def client(person: User) -> APIClient:
        client = APIClient(raise_request_exception=False)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {ApiToken.issue(person)}")
        return client

    return client
