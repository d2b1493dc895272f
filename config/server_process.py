"""A server as a process of ours: started, waited for, and stopped when whoever started it ends."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from config.tether import User, die_with_parent

Command = list[str | Path]
START_SECONDS = 60
STOP_SECONDS = 30


class ServerError(Exception):
    """A server cannot be started; the message says what to do."""


@contextmanager
def process(command: Command, log: Path, user: User | None, stop: signal.Signals) -> Iterator[subprocess.Popen[bytes]]:
    """A server that gets `stop` when the block ends, or when this process is killed."""
    environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    with log.open("wb") as output:
        child = subprocess.Popen(  # a session of its own, so that Ctrl-C does not reach it before its clients
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            start_new_session=True,
            preexec_fn=die_with_parent(stop),  # noqa: PLW1509 - one thread, as PDEATHSIG demands anyway
            **(user.popen if user else {}),
        )
    try:
        yield child
    finally:
        child.send_signal(stop)
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def wait_until_ready(child: subprocess.Popen[bytes], name: str, log: Path, is_ready: Callable[[], bool]) -> None:
    until(lambda: is_ready() or child.poll() is not None, START_SECONDS)
    if child.poll() is not None or not is_ready():
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-10:])
        raise ServerError(f"{name} did not start. The end of {log}:\n{tail}")


def until(is_done: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not is_done() and time.monotonic() < deadline:
        time.sleep(0.02)
