"""Start PostgreSQL and Redis from wheels (or the system), for `make run` and for the tests."""

import argparse
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import redis

from config.embedded_postgres import postgres
from config.programs import NoProgramError, find_redis
from config.server_process import Command, ServerError, process, wait_until_ready
from config.tether import die_with_parent, ordinary_user

__all__ = ["ServerError", "nest", "postgres", "redis_server", "servers"]


@contextmanager
def servers(data: Path | None = None) -> Iterator[dict[str, str]]:
    """Yield DATABASE_URL and REDIS_URL of servers that live as long as the block.

    With `data` the database is durable and stays there; without, it is quick and forgotten. A variable that is
    set already is left alone, and no server is started for it.
    """
    urls = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)}
    with ExitStack() as stack:
        if len(urls) < 2:
            place = stack.enter_context(nest())
        if "DATABASE_URL" not in urls:
            urls["DATABASE_URL"] = stack.enter_context(postgres(place, data))
        if "REDIS_URL" not in urls:
            urls["REDIS_URL"] = stack.enter_context(redis_server(place))
        yield urls


def is_locked(path: Path) -> bool:
    """Whether a living process holds this lock file."""
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextmanager
def nest() -> Iterator[Path]:
    """A directory with a short path, for the sockets and for what may be forgotten."""
    parent = Path(tempfile.gettempdir())
    # A socket's path may have 107 bytes, and some TMPDIRs are longer or closed to the user that PostgreSQL gets.
    if len(str(parent)) > 60 or not ordinary_user().reaches(parent):
        parent = Path("/tmp")  # noqa: S108 - mkdtemp makes the directory below
    _sweep(parent)
    place = Path(tempfile.mkdtemp(prefix="handoff-", dir=parent))
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        place.chmod(0o711)
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Remove the nests of launchers that were killed."""
    for lock in parent.glob("handoff-*/lock"):
        try:
            # One that is a minute old has taken its lock, if it lives.
            is_old = lock.stat().st_mtime < time.time() - 60
            if is_old and lock.stat().st_uid == os.geteuid() and not is_locked(lock):
                shutil.rmtree(lock.parent, ignore_errors=True)
        except OSError:
            continue  # somebody else's, or another sweep was faster


@contextmanager
def redis_server(place: Path) -> Iterator[str]:
    """Yield its address in a nest, the same each time."""
    socket, log = place / "redis.sock", place / "redis.log"
    # Nothing is saved: it carries wake-ups and counters, and what must not be lost is in PostgreSQL.
    options: dict[str, str | Path] = {
        "port": "0",
        "unixsocket": socket,
        "unixsocketperm": "700",
        "save": "",
        "databases": "64",
    }
    options |= {"appendonly": "no", "dir": place}
    command: Command = [find_redis(), *(part for name, value in options.items() for part in (f"--{name}", value))]
    url = f"unix://{socket}"
    with process(command, log, None, stop=signal.SIGTERM) as child:
        wait_until_ready(child, "Redis", log, lambda: _answers(url))
        yield url


def _answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url) as client:
            return bool(client.ping())
    except redis.ConnectionError:
        return False


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m config.embedded", description="Run a command with servers of its own."
    )
    parser.add_argument("--data", type=Path, help="keep the database here, and make it durable")
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are stopped on the way out
    try:
        with servers(arguments.data and arguments.data.absolute()) as urls:
            return subprocess.run(
                arguments.command, env=os.environ | urls, check=False, preexec_fn=die_with_parent()
            ).returncode
    except (ServerError, NoProgramError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
