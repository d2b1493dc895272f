"""Every worker delivers: a wake-up reaches each of them, and not whoever takes it first."""

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from typing import Any

import pytest
from django.conf import settings

from handoff.tasks import deliver
from tests.programs import database_url, program, wait_for
from tests.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
WORKERS = 2


def celery(environment: dict[str, str], *arguments: str) -> str:
    """In a process of its own: whoever has waited for answers of Celery hangs in each of its forks."""
    command = [sys.executable, "-m", "celery", "--app", "config", "--quiet", *arguments]
    asked = subprocess.run(
        command, env=os.environ | environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
    )
    return asked.stdout if asked.returncode == 0 else "{}"


def inspected(environment: dict[str, str], question: str) -> dict[str, Any]:
    """The answers, by worker."""
    answers: dict[str, Any] = json.loads(celery(environment, "inspect", question, "--json"))
    return answers


def test_one_wake_up_lets_each_worker_deliver(world: World) -> None:
    environment = {"DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": database_url()}
    with ExitStack() as programs:
        for number in range(WORKERS):
            programs.enter_context(program("worker", environment, "--hostname", f"worker{number}@%h"))
        wait_for(lambda: len(inspected(environment, "ping")) == WORKERS)

        celery(environment, "call", deliver.name)

        at_work = inspected(environment, "active")
        assert [[task["name"] for task in at_work[host]] for host in sorted(at_work)] == [[deliver.name]] * WORKERS
