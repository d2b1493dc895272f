"""Worker processes, and the programs of the Procfile, for the benchmarks."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from celery import Celery
from django.db import connection

from config.tether import die_with_parent

T = TypeVar("T")
LONGEST = 600  # seconds; who takes longer has failed
processes = multiprocessing.get_context("fork")


def together(work: Callable[[], T], count: int, once_warm: Callable[[], None] | None = None) -> tuple[list[T], float]:
    """Let `count` processes work at once; return what each returned, and the seconds until the last was done.

    With `once_warm` each works once before it counts, on what there is, as a worker does that has run for a while;
    that is called then.
    """
    connection.close()
    start, results = processes.Barrier(count + 1), processes.Queue()

    def run() -> None:
        connection.ensure_connection()
        if once_warm:
            work()
        start.wait(LONGEST)
        start.wait(LONGEST)
        results.put(work())

    workers = [processes.Process(target=run, daemon=True) for _ in range(count)]
    for worker in workers:
        worker.start()
    start.wait(LONGEST)
    if once_warm:
        once_warm()
    start.wait(LONGEST)
    begin = time.perf_counter()
    done = [results.get(timeout=LONGEST) for _ in workers]
    seconds = time.perf_counter() - begin
    for worker in workers:
        worker.join()
    return done, seconds


def of_the_procfile(name: str) -> list[str]:
    lines = dict(line.split(": ", 1) for line in Path("Procfile").read_text().splitlines())
    return lines[name].removeprefix("exec python ").split()


def until_they_answer(app: "Celery[Any]", count: int = 1) -> None:
    """Wait for so many Celery workers, in a process of its own: whoever had asked could not fork afterwards."""

    def ask() -> None:
        while len(app.control.ping(timeout=1) or ()) < count:
            pass

    together(ask, 1)


@contextmanager
def python(arguments: Sequence[str]) -> Iterator[None]:
    """A Python program beside us, as long as the block."""
    program = subprocess.Popen(
        [sys.executable, *arguments],
        env=os.environ | {"LOG_LEVEL": "ERROR"},
        preexec_fn=die_with_parent(),  # noqa: PLW1509 one thread forks
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        os.killpg(program.pid, signal.SIGKILL)
        program.wait()
