"""SQL of more than ten lines lives in files of its own, `sql/*.sql` beside the module that runs it."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files

from django.db import connection


@cache
def load(package: str, name: str) -> str:
    """The text of the file `sql/<name>` of a package, as `load("handoff.reports", "funnel.sql")`."""
    return (files(package) / "sql" / name).read_text(encoding="utf-8")


@contextmanager
def setting(name: str, value: str) -> Iterator[None]:
    """A setting that triggers read, within a transaction. A rollback takes it back by itself."""
    _set(name, value)
    yield
    _set(name, "")


def _set(name: str, value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [name, value])
