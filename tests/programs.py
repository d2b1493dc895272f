"""Work that is done at the same time as a test's: by threads, by other processes, by the programs of the Procfile."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from config.tether import die_with_parent

_DELIVER = """
import sys, django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", int(sys.argv[2])
django.setup()
from handoff.alerts import deliver
deliver()
"""


def in_threads(count: int, work: Callable[[], Any]) -> list[Any]:
    def with_its_own_connection(_: int) -> Any:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(with_its_own_connection, range(count)))


def delivering(mail_port: int) -> "subprocess.Popen[bytes]":
    """Another process that sends what is due, by mail to a port."""
    arguments = [sys.executable, "-c", _DELIVER, str(connection.settings_dict["NAME"]), str(mail_port)]
    return subprocess.Popen(arguments, env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"})


@contextmanager
def program(name: str, environment: dict[str, str], *more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A line of the Procfile, running on the database of the test."""
    lines = dict(line.split(": ", 1) for line in (settings.BASE_DIR / "Procfile").read_text().splitlines())
    arguments = lines[name].removeprefix("exec python ").split()
    running = subprocess.Popen(
        [sys.executable, *arguments, *more],
        env=os.environ | environment,
        cwd=settings.BASE_DIR,
        preexec_fn=die_with_parent(),  # noqa: PLW1509 the test is its only thread that forks
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield running
    finally:
        with suppress(ProcessLookupError):  # it was asked to end
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def database_url() -> str:
    """The address of the test's own database: the server's, with another name."""
    server = urlsplit(os.environ["DATABASE_URL"])
    return server._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


def wait_for(condition: Callable[[], Any], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.1)
