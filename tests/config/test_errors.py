"""What no view has answered: problems below /api/, pages in the look of the console elsewhere."""

import json
import logging
import re
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.test import Client, RequestFactory
from django.urls import reverse

from config import errors
from handoff import __version__
from handoff.models import ApiToken
from tests.world import World

pytestmark = pytest.mark.django_db
REQUIRED = {"type", "title", "status", "detail", "instance", "code"}


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (errors.bad_request, 400),
        (errors.permission_denied, 403),
        (errors.not_found, 404),
        (lambda request, _error: errors.server_error(request), 500),
    ],
)
def test_every_problem_has_all_that_the_schema_requires_and_every_page_is_ours(answer, status):
    error = PermissionDenied() if status == 403 else SuspiciousOperation()
    problem = answer(RequestFactory().get("/api/v1/leads/-1/"), error)
    assert (problem.status_code, problem.headers["Content-Type"]) == (status, "application/problem+json")
    assert json.loads(problem.content).keys() == REQUIRED
    page = answer(RequestFactory().get("/console/"), error)
    assert page.status_code == status
    assert "Back to the console" in page.content.decode()


def test_a_form_without_its_token_is_answered_in_our_look(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post(reverse("admin:login"), {"username": "ada", "password": "demo"})
    assert answer.status_code == 403
    assert "This form is out of date" in answer.content.decode()
    assert "Back to the console" in answer.content.decode()


@pytest.mark.parametrize("method", ["options", "post", "put", "delete", "head", "get"])
@pytest.mark.parametrize("page", ["api:docs", "api:schema"])
def test_the_pages_of_the_schema_answer_every_method(world: World, method: str, page: str) -> None:
    token = f"Bearer {ApiToken.issue(world.ada)}"
    answer = getattr(Client(), method)(reverse(page), headers={"Authorization": token})
    assert answer.status_code in (200, 405)


@pytest.mark.parametrize(
    "request_of", [{"path": "/console/%00/"}, {"path": "/console/login/", "headers": {"Host": "evil.example"}}]
)
def test_what_any_scanner_sends_is_one_warning_without_a_stack_trace(
    world: World, request_of: dict[str, Any], settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "testserver"]
    client = Client(raise_request_exception=False)
    client.force_login(world.ada)
    records: list[logging.LogRecord] = []
    handler = next(handler for handler in logging.getLogger("django.security").handlers if handler.filters)
    handler.emit, emit = records.append, handler.emit  # type: ignore[method-assign, assignment]
    try:
        assert client.get(**request_of).status_code == 400
    finally:
        handler.emit = emit  # type: ignore[method-assign]
    assert [(record.levelname, record.exc_info) for record in records] == [("WARNING", None)]


def test_the_foot_of_a_page_says_the_version(world: World) -> None:
    client = Client()
    client.force_login(world.olga)
    for name in ("leads_lead_changelist", "engine", "leads_lead_add"):
        page = client.get(reverse(f"admin:{name}")).content.decode()
        assert re.search(rf"<footer[^>]*>Handoff {re.escape(__version__)}</footer>", page)


def test_a_browser_that_asks_for_an_icon_is_led_to_that_of_the_console(client):
    response = client.get("/favicon.ico")

    assert response.status_code == 302
    assert response["Location"].endswith(".svg")
