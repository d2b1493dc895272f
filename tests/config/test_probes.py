"""Liveness without I/O, readiness that says what is wrong, and answers that can be found in the logs."""

import json
import logging
import tomllib
from datetime import timedelta

import pytest
import structlog
import time_machine
from django.db import OperationalError, connection
from django.test import RequestFactory
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from config import errors, logs
from handoff import __version__
from handoff.engine import heartbeat
from handoff.models import Heartbeat
from tests.config.running import BASE_DIR


def live(**ages: int) -> None:
    """Signs of life so many seconds ago, of processes that had run for an hour by then."""
    now = timezone.now()
    for name, age in ages.items():
        at = now - timedelta(seconds=age)
        Heartbeat.objects.create(name=name, at=at, since=at - timedelta(hours=1))


def test_alive_asks_nobody_and_says_its_version(client):
    answer = client.get("/livez")  # pytest-django refuses the database to this test
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "version": __version__})


def test_the_version_stands_in_one_place():
    assert tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"] == __version__


@pytest.mark.django_db
@pytest.mark.parametrize("probe", ["/readyz", "/enginez"])
def test_both_are_green_when_everything_answers(client, probe):
    live(beat=0, sweep=0, deliver=0)
    answer = client.get(probe)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "wrong": {}})


@pytest.mark.django_db
def test_the_web_is_ready_though_beat_the_workers_and_redis_are_dead(client, settings, tmp_path):
    live(beat=300, sweep=500, deliver=500)
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    assert client.get("/readyz").status_code == 200
    assert list(client.get("/enginez").json()["wrong"]) == ["broker", "beat", "worker"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("signs", "part", "problem"),
    [
        pytest.param({}, "beat", "it never ran: start celery beat", id="nothing ever ran"),
        pytest.param({"beat": 300, "sweep": 299, "deliver": 299}, "beat", "life was 5 min ago", id="beat died"),
        pytest.param({"beat": 1}, "worker", "no sweep ever ran: start a celery worker", id="no worker ever"),
        pytest.param(
            {"beat": 1, "sweep": 90, "deliver": 90}, "worker", "the last sweep ran 1 min ago", id="worker died"
        ),
        pytest.param(
            {"beat": 1, "sweep": 1, "deliver": 90}, "worker", "the last deliver ran 1 min ago", id="delivery hangs"
        ),
    ],
)
def test_a_dead_beat_and_a_dead_worker_are_told_apart(client, signs, part, problem):
    live(**signs)
    answer = client.get("/enginez")
    assert answer.status_code == 503
    assert list(answer.json()["wrong"]) == [part]
    assert problem in answer.json()["wrong"][part]


@pytest.mark.django_db
def test_a_worker_that_died_before_beat_did_is_reported_too(client):
    live(beat=300, sweep=500, deliver=299)
    assert list(client.get("/enginez").json()["wrong"]) == ["beat", "worker"]


@pytest.mark.django_db
def test_a_worker_has_its_time_after_beat_is_back(client, settings):
    live(beat=300, sweep=300, deliver=300)
    heartbeat.beat("beat")  # after a gap, so its life counts from now
    assert client.get("/enginez").status_code == 200
    later = timezone.now() + timedelta(seconds=settings.BEAT_LATE_SECONDS + 1)
    Heartbeat.objects.filter(name="beat").update(at=later)  # it goes on, and the worker does not
    with time_machine.travel(later):
        assert list(client.get("/enginez").json()["wrong"]) == ["worker"]


@pytest.mark.django_db
def test_not_ready_without_redis(client, settings, tmp_path):
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    answer = client.get("/enginez")
    assert answer.status_code == 503
    assert "Redis does not answer" in answer.json()["wrong"]["broker"]


def test_not_ready_without_postgresql(client, monkeypatch):
    def fail(*_):
        raise OperationalError

    monkeypatch.setattr("handoff.engine.servers.connection.cursor", fail)
    monkeypatch.setattr("handoff.engine.servers.transaction.atomic", fail)
    monkeypatch.setattr("handoff.engine.servers.MigrationExecutor", fail)
    ready, engine = client.get("/readyz"), client.get("/enginez")
    assert (ready.status_code, engine.status_code) == (503, 503)
    assert set(ready.json()["wrong"]) == {"database", "migrations"}
    assert set(engine.json()["wrong"]) == {"database", "disk", "migrations", "beat", "worker"}


@pytest.mark.django_db
def test_not_ready_while_the_database_takes_no_writes(client):
    live()
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on; SET transaction_read_only = on")
    wrong = client.get("/readyz").json()["wrong"]
    assert wrong == {"database": "PostgreSQL is read-only: it takes no writes (default_transaction_read_only)"}


@pytest.mark.django_db
def test_not_ready_without_the_files_that_pages_need(client, settings, tmp_path):
    settings.WHITENOISE_USE_FINDERS = False
    settings.STATIC_ROOT = str(tmp_path)
    backend = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": backend}
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "run manage.py collectstatic" in answer.json()["wrong"]["static_files"]


@pytest.mark.django_db
def test_not_ready_before_the_migrations(client, monkeypatch):
    monkeypatch.setattr("handoff.engine.servers.MigrationExecutor.migration_plan", lambda *_: ["one"])
    assert client.get("/readyz").json()["wrong"]["migrations"] == "1 not applied: run manage.py migrate"


def test_the_front_door_is_the_console(client):
    assert client.get("/").headers["Location"] == "/console/"


def test_the_callers_request_id_is_echoed_and_one_is_made_without(client):
    assert client.get("/livez", headers={"X-Request-ID": "abc-1"}).headers["X-Request-ID"] == "abc-1"
    assert len(client.get("/livez").headers["X-Request-ID"]) == 36


def test_below_api_an_unknown_path_is_a_problem_and_elsewhere_a_page(client):
    problem = client.get("/api/v1/nothing/")
    assert (problem.status_code, problem.headers["Content-Type"]) == (404, "application/problem+json")
    assert problem.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is nothing at /api/v1/nothing/.",
        "instance": "/api/v1/nothing/",
        "code": "not_found",
    }
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


@pytest.mark.django_db
def test_the_metrics_are_closed_until_there_is_a_token_and_then_open_to_it_alone(client, settings):
    assert client.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "to-be-shown"
    for shown in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "to-be-shown"}):
        refused = client.get("/metrics", headers=shown)
        assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    shown = client.get("/metrics", headers={"Authorization": "Bearer to-be-shown"})
    assert shown.status_code == 200
    names = {family.name for family in text_string_to_metric_families(shown.content.decode())}
    assert f'handoff_build_info{{version="{__version__}"}} 1.0' in shown.content.decode()
    assert {"handoff_up", "handoff_alarm_lateness_seconds", "handoff_outbox_pending"} <= names


def test_the_metrics_say_so_when_postgresql_does_not_answer(client, settings, monkeypatch):
    def fail(*_):
        raise OperationalError

    settings.METRICS_TOKEN = "to-be-shown"
    monkeypatch.setattr("config.probes.figures", fail)
    answer = client.get("/metrics", headers={"Authorization": "Bearer to-be-shown"})
    assert (answer.status_code, answer.content) == (503, b"PostgreSQL does not answer: OperationalError\n")
