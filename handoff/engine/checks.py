"""What Django's `check` and `migrate` refuse, before it hurts."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 Django's name for it
from django.db import DatabaseError

from handoff.engine import servers


@register(Tags.staticfiles, deploy=True)
def static_files_are_collected(**_: Any) -> list[CheckMessage]:
    problem = servers.static_files()
    return [Error(problem, id="handoff.E001")] if problem else []


@register(Tags.security, deploy=True)
def hosts_are_named(**_: Any) -> list[CheckMessage]:
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    return [Warning("ALLOWED_HOSTS takes any name: links in answers lead where a caller says.", id="handoff.W001")]


@register(Tags.database)
def postgresql_is_new_enough(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Run by `migrate`: an older server would take the schema, and be refused by the doctor afterwards."""
    if not databases:
        return []
    try:
        version = servers.postgresql_version()
    except DatabaseError:
        return []  # what asked for this check says so better
    if version >= servers.OLDEST_POSTGRESQL:
        return []
    return [Error(f"PostgreSQL is version {version}: use {servers.OLDEST_POSTGRESQL} or newer.", id="handoff.E002")]
