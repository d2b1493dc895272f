"""Liveness without I/O, readiness that says what is wrong, and answers that can be found in the logs."""

import json
import logging
from datetime import timedelta

import pytest
import structlog
from django.db import OperationalError
from django.test import RequestFactory
from django.utils import timezone

from config import errors, logs
from handoff.models import Heartbeat


def test_alive_asks_nobody(client):
    assert client.get("/livez").status_code == 200  # pytest-django refuses the database to this test


@pytest.mark.django_db
def test_ready_when_everything_answers(client):
    Heartbeat.objects.create(name="sweep", at=timezone.now())
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "wrong": {}})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("age", "problem"),
    [
        pytest.param(None, "it never ran", id="never"),
        pytest.param(timedelta(minutes=5), "it last ran 300 seconds ago", id="late"),
    ],
)
def test_not_ready_without_a_recent_sweep(client, age, problem):
    if age:
        Heartbeat.objects.create(name="sweep", at=timezone.now() - age)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert list(answer.json()["wrong"]) == ["beat"]
    assert problem in answer.json()["wrong"]["beat"]


@pytest.mark.django_db
def test_not_ready_without_redis(client, settings, tmp_path):
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "Redis does not answer" in answer.json()["wrong"]["broker"]


def test_not_ready_without_postgresql(client, monkeypatch):
    def fail(*_):
        raise OperationalError

    monkeypatch.setattr("config.probes.connection.cursor", fail)
    monkeypatch.setattr("config.probes.MigrationExecutor", fail)
    monkeypatch.setattr("config.probes.heartbeat.age", fail)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert set(answer.json()["wrong"]) == {"database", "migrations", "beat"}


@pytest.mark.django_db
def test_not_ready_before_the_migrations(client, monkeypatch):
    monkeypatch.setattr("config.probes.MigrationExecutor.migration_plan", lambda *_: ["one"])
    assert client.get("/readyz").json()["wrong"]["migrations"] == "1 not applied: run manage.py migrate"


def test_the_front_door_is_the_console(client):
    assert client.get("/").headers["Location"] == "/console/"


def test_the_callers_request_id_is_echoed_and_one_is_made_without(client):
    assert client.get("/livez", headers={"X-Request-ID": "abc-1"}).headers["X-Request-ID"] == "abc-1"
    assert len(client.get("/livez").headers["X-Request-ID"]) == 36


def test_below_api_an_unknown_path_is_a_problem_and_elsewhere_a_page(client):
    problem = client.get("/api/v1/nothing/")
    assert (problem.status_code, problem.headers["Content-Type"]) == (404, "application/problem+json")
    assert problem.json()["detail"] == "There is nothing at /api/v1/nothing/."
    assert client.get("/nothing/").headers["Content-Type"].startswith("text/html")


def test_below_api_a_crash_is_a_problem_and_elsewhere_a_page():
    crash = errors.server_error(RequestFactory().get("/api/v1/leads/"))
    assert (crash.status_code, json.loads(crash.content)["status"]) == (500, 500)
    assert errors.server_error(RequestFactory().get("/console/")).headers["Content-Type"].startswith("text/html")


def test_a_probe_that_is_well_is_not_logged():
    with pytest.raises(structlog.DropEvent):
        logs.drop_noise(None, "info", {"event": "request_finished", "code": 200, "request": "GET /livez"})
    unwell = {"event": "request_finished", "code": 503, "request": "GET /readyz"}
    assert logs.drop_noise(None, "info", unwell) is unwell


def test_production_logs_one_json_object_per_line():
    formatter = logs.configure("INFO", is_for_people=False)["formatters"]["line"]
    line = structlog.stdlib.ProcessorFormatter(
        processors=formatter["processors"], foreign_pre_chain=formatter["foreign_pre_chain"]
    ).format(logging.LogRecord("celery", logging.INFO, "x.py", 1, "%s ready", ("celery@vm",), None))
    assert json.loads(line)["event"] == "celery@vm ready"
