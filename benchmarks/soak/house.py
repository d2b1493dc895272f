"""What the soak runs: PostgreSQL, Redis, the programs of the Procfile, the sinks, and the movers of leads."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import redis

from benchmarks.soak import pooler
from benchmarks.soak.disk import small_disk
from benchmarks.soak.programs import BASE_DIR, Program, Server
from config import embedded
from config.tether import die_with_parent

INSIDE = ["-m", "benchmarks.soak.inside"]
SINKS = ("smtp", "http")
RECOVERS_WITHIN = 180  # seconds that PostgreSQL may take to recover from a crash


class House:
    """Everything at its place in one directory."""

    def __init__(self, place: Path, postgres: Server, redis_server: Server, disk: Path | None, *, pooled: bool) -> None:
        self.place, self.postgres, self.redis, self.disk = place, postgres, redis_server, disk
        self.pooler_port = _free_port() if pooled else None
        self.ports = {sink: _free_port() for sink in SINKS}
        self.programs: dict[str, Program] = {}
        self.logs = place / "logs"
        self.logs.mkdir()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "ENV_FILE": os.devnull,
            "HANDOFF_DEMO": "1",
            "HANDOFF_VAR": str(self.place / "var"),
            **self._database,
            "REDIS_URL": self.redis.url,
            "EMAIL_URL": f"smtp://127.0.0.1:{self.ports['smtp']}",
            "SLACK_BOT_TOKEN": "xoxb-soak",
            "SLACK_API_URL": f"http://127.0.0.1:{self.ports['http']}/api/",
            "WEBHOOK_ALLOWED_HOSTS": "127.0.0.1",  # else the webhook here is refused as one into a private network
        }

    @property
    def _database(self) -> dict[str, str]:
        if self.pooler_port is None:
            return {"DATABASE_URL": self.postgres.url}
        url = f"postgres://handoff@127.0.0.1:{self.pooler_port}/handoff"
        return {"DATABASE_URL": url, "DATABASE_POOLER": "transaction"}

    def add(self, name: str, *arguments: str) -> None:
        self.programs[name] = Program([sys.executable, *arguments], self.environment, self.logs / f"{name}.log")

    def named(self, prefix: str) -> list[str]:
        return [name for name in self.programs if name.startswith(prefix)]

    def run(self, *arguments: str) -> str:
        """Run something to its end, and return what it printed."""
        return subprocess.run(
            [sys.executable, *arguments],
            # What runs to its end is no part of the soak: it needs no pooler.
            env=os.environ | self.environment | {"DATABASE_URL": self.postgres.url, "DATABASE_POOLER": ""},
            cwd=BASE_DIR,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=die_with_parent(),
        ).stdout

    def ask(self, statement: str, *values: Any) -> list[Any]:
        """Ask the database, in a session of its own each time, and again while it recovers from a crash."""
        deadline = time.monotonic() + RECOVERS_WITHIN
        while True:
            try:
                with psycopg.connect(self.postgres.url, autocommit=True, connect_timeout=10) as connection:
                    cursor = connection.execute(statement, values)
                    return cursor.fetchall() if cursor.description else []
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def postmaster(self) -> int:
        """The main process of PostgreSQL."""
        return int((self.place / "data" / "postgres" / "postmaster.pid").read_text().split()[0])

    def broker(self) -> "redis.Redis":
        return redis.Redis.from_url(self.redis.url)

    def bury(self) -> None:
        """Leave none of the programs behind."""
        for program in self.programs.values():
            program.bury()

    def set_mood(self, sink: str, mood: str) -> None:
        """Tell a sink what to do with what comes: `take`, `refuse` or `hang`."""
        (self.place / f"{sink}.mood").write_text(mood)


@contextmanager
def house(workers: int, movers: int, seed: int, *, pooled: bool = False) -> Iterator[House]:
    """A house in a directory of its own, with its servers running. Nothing of it outlives the block."""
    with embedded.nest() as place, ExitStack() as stack:
        postgres = Server(lambda: embedded.postgres(place, place / "data"))
        redis_server = Server(lambda: embedded.redis_server(place))
        for server in (postgres, redis_server):
            stack.callback(server.stop)
            server.start()
        uid = (place / "data" / "postgres").stat().st_uid
        disk = stack.enter_context(small_disk(place, uid))
        stack.callback(postgres.stop)  # before its disk goes
        built = House(place, postgres, redis_server, disk, pooled=pooled)
        stack.callback(built.bury)
        _furnish(built, workers, movers, seed)
        yield built


def _furnish(built: House, workers: int, movers: int, seed: int) -> None:
    if built.pooler_port:
        start = pooler.command(built.place, built.postgres.url, built.pooler_port)
        built.programs["pooler"] = Program(start, {}, built.logs / "pooler.log")
    for sink, port in built.ports.items():
        built.add(sink, "-m", "benchmarks.soak.sinks", sink, str(port), str(built.place))
    for name, arguments in _procfile():
        if name == "worker":
            for number in range(workers):
                built.add(f"worker-{number + 1}", *arguments)
        else:
            built.add(name, *arguments)
    for number in range(movers):
        ledger = built.place / f"acts-{number + 1}"
        built.add(f"mover-{number + 1}", *INSIDE, "traffic", str(seed + number), str(ledger))


def _procfile() -> list[tuple[str, list[str]]]:
    """The programs of the Procfile but for the web, with what Python is given."""
    lines = [line.split(": exec python ", 1) for line in (BASE_DIR / "Procfile").read_text().splitlines()]
    return [(name, arguments.split()) for name, arguments in lines if name != "web"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
