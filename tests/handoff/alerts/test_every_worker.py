"""Every worker delivers: none is passed over because another one takes each wake-up."""

from contextlib import ExitStack

import pytest

from config.celery import app
from handoff.tasks import deliver
from tests.programs import database_url, program, wait_for
from tests.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def deliverers() -> set[str]:
    """The workers that are at it now."""
    running = app.control.inspect(timeout=1).active() or {}
    return {host for host, tasks in running.items() if any(task["name"] == deliver.name for task in tasks)}


def test_both_of_two_workers_deliver(world: World) -> None:
    environment = {"DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": database_url()}
    with ExitStack() as programs:
        for number in range(2):
            programs.enter_context(program("worker", environment, "--hostname", f"worker{number}@%h"))
        programs.enter_context(program("beat", environment))
        wait_for(lambda: len(deliverers()) == 2)
