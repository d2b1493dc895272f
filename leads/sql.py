"""SQL of more than ten lines lives in files of its own, `sql/*.sql` beside the module that runs it."""

from functools import cache
from importlib.resources import files


@cache
def load(package: str, name: str) -> str:
    """The text of the file `sql/<name>` of a package, as `load("handoff.reports", "funnel.sql")`."""
    return (files(package) / "sql" / name).read_text(encoding="utf-8")
