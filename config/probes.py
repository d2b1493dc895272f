"""What an orchestrator asks: does the process live, and can it work?"""

from collections.abc import Callable
from datetime import timedelta

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

from handoff import heartbeat


def livez(_request: HttpRequest) -> JsonResponse:
    """No I/O: a slow database must not get this process restarted."""
    return JsonResponse({"status": "ok"})


def readyz(_request: HttpRequest) -> JsonResponse:
    """503 and what is wrong, by the name of the part, while something is."""
    wrong = {name: problem for name, check in CHECKS.items() if (problem := check())}
    return JsonResponse({"status": "unavailable" if wrong else "ok", "wrong": wrong}, status=503 if wrong else 200)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return f"PostgreSQL does not answer: {type(error).__name__}"
    return ""


def _broker() -> str:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2) as client:
            client.ping()
    except redis.RedisError as error:
        return f"Redis does not answer: {type(error).__name__}"
    return ""


def _migrations() -> str:
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "unknown: PostgreSQL does not answer"
    return f"{len(missing)} not applied: run manage.py migrate" if missing else ""


def _beat() -> str:
    try:
        age = heartbeat.age("sweep")
    except DatabaseError:
        return "unknown: PostgreSQL does not answer"
    if age is None:
        return "it never ran: start celery beat and a worker"
    if age > timedelta(seconds=settings.BEAT_LATE_SECONDS):
        return f"it last ran {age.total_seconds():.0f} seconds ago: look at celery beat and the worker"
    return ""


CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "broker": _broker,
    "migrations": _migrations,
    "beat": _beat,
}
