"""`make run` as a newcomer meets it: it starts, says what is wrong, and leaves nothing behind."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from tests.config.running import BASE_DIR, Running, left_in, until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place():
    """Where the runs of this module keep their data, one after the other, as a user's would."""
    path = Path(tempfile.mkdtemp(prefix="run-", dir="/tmp"))  # pytest's own are too long for a socket
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def run(place):
    started = []

    def start(port: int | None = None, **variables: str) -> Running:
        started.append(Running(place, port, **variables))
        return started[-1]

    yield start
    for running in started:
        if running.make.poll() is None:
            os.killpg(running.make.pid, signal.SIGTERM)
            running.make.wait(30)


def test_the_page_answers_and_a_second_start_takes_seconds(run, place):
    for limit in (240, 60):  # the second takes 15 on a machine that has nothing else to do
        running = run()
        assert running.until_ready() < limit
        with urllib.request.urlopen(f"http://127.0.0.1:{running.port}/") as page:
            assert page.status == 200
            assert "/console/" in page.url
        until(lambda running=running: _is_ready(running.port), 30)
        assert _is_ready(running.port)
        running.send("group", signal.SIGINT)
        running.make.wait(30)
        assert left_in(place) == []


@pytest.mark.parametrize(
    ("whom", "sig"),
    [
        pytest.param("make", signal.SIGTERM, id="an orchestrator stops make"),
        pytest.param("make", signal.SIGINT, id="a program interrupts make alone"),
        pytest.param("launcher", signal.SIGTERM, id="somebody stops the launcher"),
        pytest.param("launcher", signal.SIGKILL, id="the launcher is killed"),
        pytest.param("make", signal.SIGKILL, id="make is killed"),
    ],
)
def test_whatever_stops_it_no_process_is_left(run, place, whom, sig):
    running = run()
    running.until_ready()
    running.send(whom, sig)
    until(lambda: not left_in(place), 30)
    assert left_in(place) == []


def test_while_it_runs_manage_py_finds_it_from_another_terminal(run, place):
    running = run()
    running.until_ready()
    elsewhere = {"PATH": os.environ["PATH"], "HANDOFF_VAR": str(place / "var")}
    told = [sys.executable, "manage.py", "check_integrity"]
    done = subprocess.run(told, env=elsewhere, cwd=BASE_DIR, capture_output=True, text=True, check=False)
    assert done.stdout == "History, states, owners, clocks, deliveries and reports agree.\n", done.stderr


def test_without_the_demo_it_starts_empty_with_a_link_to_the_first_account(run, place):
    running = run(HANDOFF_DEMO="0", HANDOFF_VAR=str(place / "empty"))
    running.until_ready()
    (link,) = re.findall(r"http://localhost:\d+(/console/setup/\?token=\S+)", running.output())
    page = f"http://127.0.0.1:{running.port}{link}"
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    form = opener.open(page).read().decode()
    token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', form)[0]
    account = {"first_name": "Olga", "last_name": "Brandt", "email": "olga@example.org", "time_zone": "Europe/Berlin"}
    data = urllib.parse.urlencode(account | {"password": "a long enough one", "csrfmiddlewaretoken": token})
    with opener.open(page, data.encode()) as answer:
        assert answer.url.endswith("/console/setup/")
        assert "To the first running clock" in answer.read().decode()
    assert _is_ready(running.port)
    elsewhere = {"PATH": os.environ["PATH"], "HANDOFF_VAR": str(place / "empty")}
    command = [sys.executable, "manage.py", "check_integrity"]
    subprocess.run(command, env=elsewhere, cwd=BASE_DIR, capture_output=True, check=True)
    running.send("group", signal.SIGINT)
    running.make.wait(30)


def test_a_second_run_beside_the_first_is_told_where_that_is(run):
    first = run()
    first.until_ready()
    second = run()
    assert second.make.wait(30) != 0
    assert f"Handoff runs from this directory already, at http://localhost:{first.port}" in second.output()
    assert first.make.poll() is None


def test_a_port_that_is_taken_is_named(run, place):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        running = run(taken.getsockname()[1])
        assert running.make.wait(30) != 0
    assert f"Port {running.port} cannot be used (Address already in use)" in running.output()
    assert left_in(place) == []


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
