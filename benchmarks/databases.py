"""The servers of the benchmarks, and a database for each of them."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.db import connection

from config.embedded import servers

TEMPLATE = "handoff"  # the migrated database; nothing is written to it


@contextmanager
def durable_servers() -> Iterator[dict[str, str]]:
    """PostgreSQL as production has it, which waits for the disk at every commit; forgotten afterwards."""
    data = Path(tempfile.mkdtemp(prefix="handoff-bench-", dir="/var/tmp"))  # on a disk: /tmp may not be
    data.chmod(0o711)
    try:
        with servers(data) as urls:
            yield urls
    finally:
        shutil.rmtree(data, ignore_errors=True)


@contextmanager
def own_database(name: str) -> Iterator[None]:
    """Point Django, and the programs that it starts, at a fresh copy of the migrated database."""
    before = connection.settings_dict["NAME"]
    enter("postgres")
    execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    enter(name)
    try:
        yield
    finally:
        enter("postgres")
        execute(f"DROP DATABASE {name} WITH (FORCE)")
        enter(before)


def enter(name: str) -> None:
    """Go to another database, also with the programs that are started from now on."""
    connection.close()
    connection.settings_dict["NAME"] = name
    os.environ["DATABASE_URL"] = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    _forget()


def _forget() -> None:
    """Drop what is kept of the database before: the calendars and policies of the next one have the same ids."""
    ours = [module for name, module in sys.modules.items() if name.partition(".")[0] in ("leads", "sla", "handoff")]
    for value in [value for module in ours for value in list(vars(module).values())]:
        if callable(clear := getattr(value, "cache_clear", None)):
            clear()


def execute(statement: str, parameters: Sequence[Any] | Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall()) if cursor.description else []
