"""The programs of the Procfile, some killed: their probe turns red, and RevOps is notified by whoever is left."""

import json
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from urllib.error import HTTPError

import pytest

from handoff.engine import heartbeat
from tests.config.running import free_port
from tests.handoff.alerts.conftest import Mailbox, mailbox
from tests.programs import database_url, program, wait_for
from tests.world import World

__all__ = ["mailbox"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def environment(mailbox: Mailbox) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database_url(),
        "EMAIL_URL": f"smtp://127.0.0.1:{mailbox.port}",
        "HANDOFF_PORT": str(free_port()),
        "WEB_CONCURRENCY": "2",
        "BEAT_LATE_SECONDS": "4",
    }


def wrong(environment: dict[str, str]) -> list[str]:
    """What the probe of the engine says is wrong."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{environment['HANDOFF_PORT']}/enginez", timeout=10) as answer:
            return list(json.load(answer)["wrong"])
    except HTTPError as refused:
        return list(json.load(refused)["wrong"])
    except OSError:
        return ["web"]


def told(mailbox: Mailbox) -> Callable[[], list[str]]:
    return lambda: [str(mail["Subject"]) for mail in mailbox.mails]


def test_a_killed_worker_is_told_by_beat_alone_and_its_return_too(
    world: World, mailbox: Mailbox, environment: dict[str, str]
) -> None:
    subjects = told(mailbox)
    with program("beat", environment):
        with program("worker", environment):
            wait_for(lambda: heartbeat.signs().keys() == {"beat", "sweep", "deliver"})
        wait_for(lambda: subjects() == ["Handoff: the worker is silent"])
        with program("worker", environment):
            wait_for(lambda: len(subjects()) > 1)
    assert subjects() == ["Handoff: the worker is silent", "Handoff: the worker is back"]


def test_a_killed_beat_turns_the_probe_of_the_engine_red_and_is_told_once_by_two_web_processes(
    world: World, mailbox: Mailbox, environment: dict[str, str]
) -> None:
    subjects = told(mailbox)
    with ExitStack() as others:
        others.enter_context(program("worker", environment))
        with program("beat", environment):
            wait_for(lambda: heartbeat.signs().keys() == {"beat", "sweep", "deliver"})
            others.enter_context(program("web", environment))
            wait_for(lambda: wrong(environment) == [])
        wait_for(lambda: wrong(environment) == ["beat"])
        wait_for(lambda: "Handoff: beat is silent" in subjects())
        with program("beat", environment):
            wait_for(lambda: wrong(environment) == [])
            wait_for(lambda: "Handoff: beat is back" in subjects())
    assert subjects().count("Handoff: beat is silent") == 1
    assert subjects().count("Handoff: beat is back") == 1
