"""The web as gunicorn serves it in production: no body for HEAD, nobody believed, one stuck row no standstill."""

import http.client
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from django.db import connection, transaction

from config.tether import die_with_parent
from handoff import workflow
from handoff.models import ApiToken
from leads.models import Lead
from tests.config.running import BASE_DIR, free_port, until
from tests.world import World, make_lead

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


class Answer(NamedTuple):
    status: int
    retry_after: str | None


class Ask:
    """A client of the web server of a test."""

    def __init__(self) -> None:
        self.port = free_port()

    def __call__(self, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as client:
            client.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            with client.getresponse() as answer:
                return Answer(answer.status, answer.headers.get("Retry-After"))

    def is_answered(self) -> bool:
        try:
            return self("GET", "/livez").status == 200
        except OSError:
            return False


@pytest.fixture
def ask(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Ask]:
    """Ask a gunicorn of production on the database of the test."""
    client = Ask()
    server, _, query = os.environ["DATABASE_URL"].partition("?")
    database = f"{server.rpartition('/')[0]}/{connection.settings_dict['NAME']}?{query}"
    environment = {name: value for name, value in os.environ.items() if name not in ("HANDOFF_DEMO", "API_RATE")}
    environment |= {"SECRET_KEY": "k9Jd0pQxW7vTzR3mYb5LcN8hGfA2sEuX4iVo6KjHwQeZrTyUiO", "DATABASE_URL": database}
    environment |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "HANDOFF_PORT": str(client.port),
        "WEB_CONCURRENCY": "1",
    }
    environment |= {
        "STATIC_ROOT": str(tmp_path),
        "BEAT_LATE_SECONDS": "3600",
        "WEB_LOCK_TIMEOUT": "1",
        "WEB_CONCURRENCY": "1",
    }
    environment |= getattr(request, "param", {})
    command = [sys.executable, "-m", "gunicorn", "--config", "python:config.gunicorn", "config.wsgi"]
    with (tmp_path / "log").open("wb") as log:
        web = subprocess.Popen(
            command,
            env=environment,
            cwd=BASE_DIR,
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent(),  # noqa: PLW1509 the test is its only thread that forks
        )

    until(client.is_answered, 90)
    yield client
    web.terminate()
    web.wait(30)


def test_head_on_the_wire_has_no_body(ask: Ask) -> None:
    """Two requests over one connection: a body would be read as the second answer."""
    with socket.create_connection(("127.0.0.1", ask.port)) as client:
        request = "{} /livez HTTP/1.1\r\nHost: localhost\r\nConnection: {}\r\n\r\n"
        client.sendall((request.format("HEAD", "keep-alive") + request.format("GET", "close")).encode())
        first, second, *body = read_all(client).split(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 200 OK")
    assert second.startswith(b"HTTP/1.1 200 OK")
    assert len(body) == 1


def read_all(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(65536), b""))


def test_what_a_caller_claims_changes_nothing(ask: Ask) -> None:
    assert ask("GET", "/console/login/", X_Forwarded_Proto="https").status == 301
    assert ask("GET", "/console/login/", SCRIPT_NAME="/evil").status in (301, 400)
    assert ask("GET", "/livez", SCRIPT_NAME="/evil").status in (200, 400)


def test_a_long_request_line_is_ours_to_answer(ask: Ask) -> None:
    answer = ask("GET", "/livez?" + "x" * 8000)
    assert answer.status == 200


@pytest.mark.parametrize("ask", [{"BEHIND_PROXY": "1"}], indirect=True)
def test_one_stuck_row_costs_one_request_and_not_the_site(world: World, ask: Ask) -> None:
    lead = make_lead()
    workflow.promote(lead.pk, by=world.mia, owner=world.ada)
    token = f"Bearer {ApiToken.issue(world.ada)}"
    headers = {"Authorization": token, "Content_Type": "application/json", "X_Forwarded_Proto": "https"}
    path = f"/api/v1/leads/{lead.pk}/transitions/"
    answers: list[Answer] = []

    def accept() -> None:
        answers.append(ask("POST", path, '{"verb": "accept"}', **headers))

    with transaction.atomic():
        Lead.objects.select_for_update().get(pk=lead.pk)
        clients = [threading.Thread(target=accept) for _ in range(20)]  # more than the web has threads
        for client in clients:
            client.start()
        for client in clients:
            client.join()
    assert answers == [(503, "2")] * 20
    assert ask("GET", "/livez").status == 200
