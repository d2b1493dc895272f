"""Whatever goes wrong below /api/ is a problem of RFC 9457."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from handoff.api import leads
from tests.handoff.api.conftest import AsPerson
from tests.world import World

LEADS = "/api/v1/leads/"
MEMBERS = {"type", "title", "status", "detail"}


@pytest.fixture
def mia(world: World, client_of: AsPerson) -> APIClient:
    return client_of(world.mia)


def is_problem(answer: Any, status: int) -> bool:
    is_told = answer["Content-Type"] == "application/problem+json" and answer.json().keys() >= MEMBERS
    return bool(is_told and answer.status_code == answer.json()["status"] == status)


BROKEN = [
    "",
    "{",
    "nothing",
    "[]",
    '"text"',
    "5",
    "null",
    "\xff",
    '{"score": NaN}',
    '{"score": ' + "9" * 5000 + "}",
    "[" * 100_000,
    '{"a":' * 100_000,
    '{"\\u0000": 1}',
    '{"\\ud800": 1}',
    '{"name": "\\ud800"}',
    '{"name": [{"\\ud800": 1}]}',
]


@pytest.mark.parametrize("body", BROKEN, ids=lambda body: repr(body[:12]))
def test_a_body_that_is_no_object_of_json(mia: APIClient, body: str):
    answer = mia.post(LEADS, body.encode("latin-1"), content_type="application/json")
    assert is_problem(answer, 400)


def test_a_body_of_another_type(mia: APIClient):
    assert is_problem(mia.post(LEADS, "email=a@b.example", content_type="application/x-www-form-urlencoded"), 415)


def test_a_body_that_is_too_large(mia: APIClient, settings: Any):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert is_problem(mia.post(LEADS, {"email": "a@b.example", "name": "x" * 100}), 413)


def test_a_body_in_chunks_is_not_taken_for_an_empty_one(mia: APIClient):
    assert is_problem(mia.post(LEADS, {"name": "Dana"}, headers={"Transfer-Encoding": "chunked"}), 411)


def test_a_method_that_is_not_there(mia: APIClient):
    answer = mia.delete(LEADS)
    assert is_problem(answer, 405)
    assert set(answer["Allow"].split(", ")) >= {"GET", "POST"}


def test_an_answer_of_another_type(mia: APIClient):
    assert is_problem(mia.get(LEADS, headers={"Accept": "text/csv"}), 406)


@pytest.mark.parametrize("path", ["/api/v1/nothing/", "/api/nothing", "/api/v1/leads/0/"])
def test_a_path_that_leads_nowhere(mia: APIClient, path: str):
    assert is_problem(mia.get(path), 404)


def test_an_error_of_ours_says_nothing_of_the_inside(mia: APIClient, monkeypatch: pytest.MonkeyPatch):
    def fail(request: Any) -> Any:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(leads, "visible", fail)
    answer = mia.get(LEADS)
    assert is_problem(answer, 500)
    assert answer.json()["code"] == "server_error"
    assert b"secret" not in answer.content
    assert answer["X-Request-ID"]
