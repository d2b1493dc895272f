"""A database that is away, full, read-only or busy is named, answered with 503, and waited for by every program."""

import json
import logging
from typing import Any

import psycopg
import pytest
from django.db import Error, IntegrityError, InterfaceError, OperationalError, connection
from django.test import Client, RequestFactory
from rest_framework.test import APIClient

from config import errors, logs
from handoff import tasks
from handoff.engine import outages
from handoff.ladder import sweeper
from handoff.models import ApiToken
from tests.world import World


def fail_with(state: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE 'as asked' USING ERRCODE = '{state}'; END $$")


def error_of(state: str) -> Error:
    with pytest.raises(Error) as raised:
        fail_with(state)
    return raised.value


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("53100", "database_full"),
        ("25006", "database_read_only"),
        ("53300", "database_busy"),
        ("53200", "database_busy"),
        ("55P03", "locked"),
        ("57014", "timed_out"),
        ("57P01", "database_away"),
        ("57P03", "database_away"),
        ("08006", "database_away"),
        ("58030", "database_failing"),
        ("40P01", "database_conflict"),
        ("40001", "database_conflict"),
    ],
)
def test_what_passes_has_a_name(state: str, code: str) -> None:
    outage = outages.outage_of(error_of(state))
    assert outage is not None
    assert outage.code == code
    assert outage.retry_after > 0


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["23505", "22001", "42P01", "42703", "25P02", "XX001", "P0001"])
def test_what_stays_wrong_is_no_outage(state: str) -> None:
    assert outages.outage_of(error_of(state)) is None


@pytest.mark.parametrize("error", [OperationalError("refused"), InterfaceError("closed"), psycopg.OperationalError()])
def test_without_an_answer_it_is_away(error: Exception) -> None:
    assert outages.outage_of(error) is outages.AWAY


@pytest.mark.parametrize("error", [IntegrityError("x"), ValueError("x"), None])
def test_other_errors_are_none(error: Exception | None) -> None:
    assert outages.outage_of(error) is None


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every statement from now fails: the connection cannot be had."""

    def refuse(*_: Any, **__: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(connection, "cursor", refuse)
    monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", refuse)


@pytest.mark.django_db
@pytest.mark.usefixtures("broken")
def test_the_api_answers_503_with_a_problem_and_when_to_try_again() -> None:
    answer = APIClient(raise_request_exception=False).get("/api/v1/me/", headers={"Authorization": "Bearer hfo_any"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() | {"detail": ""} == {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "",
        "instance": "/api/v1/me/",
        "code": "database_away",
    }


@pytest.mark.django_db
def test_the_console_answers_503_with_a_page(world: World, request: pytest.FixtureRequest) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(world.ada)
    request.getfixturevalue("broken")
    answer = client.get("/console/leads/lead/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "The database is not available" in answer.content.decode()


@pytest.mark.django_db
def test_a_probe_with_a_session_answers_while_the_database_is_away(
    world: World, request: pytest.FixtureRequest
) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(world.ada)
    request.getfixturevalue("broken")
    assert client.get("/livez").status_code == 200


@pytest.mark.django_db
def test_a_verb_on_a_full_disk_changes_nothing_and_says_why(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handoff.api.leads.body_of", lambda _request: fail_with("53100"))
    token = ApiToken.issue(world.mia)
    answer = APIClient(raise_request_exception=False).post(
        "/api/v1/leads/", {}, headers={"Authorization": f"Bearer {token}"}
    )
    assert (answer.status_code, answer.json()["code"]) == (503, "database_full")
    assert answer.headers["Retry-After"] == "30"


def test_an_ordinary_crash_is_still_a_500() -> None:
    def crash(path: str) -> Any:
        try:
            _ = 1 / 0
        except ZeroDivisionError:
            return errors.server_error(RequestFactory().get(path))

    assert json.loads(crash("/api/v1/leads/").content)["code"] == "server_error"
    assert crash("/console/").status_code == 500


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("state", ["53100", "25006", "53300", "57014"])
def test_a_task_waits_for_its_next_turn(state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "fire", lambda: fail_with(state))
    assert tasks.sweep.apply().successful()


@pytest.mark.django_db(transaction=True)
def test_a_task_that_fails_for_good_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "fire", lambda: fail_with("42P01"))
    assert tasks.sweep.apply().failed()


class Stopped(Exception):
    """The end of a sweeper, which has none of its own."""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("state", ["53100", "25006", "57P01", "42P01"])
def test_the_sweeper_survives(state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = []

    def fire(**_: Any) -> None:
        turns.append(state)
        if len(turns) == 3:
            raise Stopped
        fail_with(state)

    monkeypatch.setattr(sweeper, "fire", fire)
    monkeypatch.setattr(sweeper, "LONGEST", 0.0)
    with pytest.raises(Stopped):
        sweeper.run()


def test_an_outage_is_one_line_of_the_log_for_each_program(caplog: pytest.LogCaptureFixture) -> None:
    outages._logged.clear()
    with caplog.at_level(logging.ERROR):
        for _ in range(100):
            outages.note("sweeper", OperationalError("refused\nIs the server running?"))
            outages.note("beat", OperationalError("refused"))
    assert len(caplog.records) == 2
    assert "Is the server running" not in caplog.text


def test_a_request_that_meets_an_outage_is_logged_without_a_stack_trace() -> None:
    event = {"event": "request_failed", "code": 500, "exc_info": OperationalError("refused")}
    assert logs.name_outage(None, "error", event) == {
        "event": "request_failed",
        "code": 503,
        "problem": "PostgreSQL does not answer",
        "error": "refused",
    }
    crash = {"event": "request_failed", "code": 500, "exc_info": ZeroDivisionError()}
    assert logs.name_outage(None, "error", dict(crash)) == crash
