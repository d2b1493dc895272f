"""Do PostgreSQL and Redis answer, of which version are they, and is the schema the one that this program needs?"""

import time

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

UNKNOWN = "unknown: PostgreSQL does not answer"
OLDEST_POSTGRESQL, OLDEST_REDIS = 16, 6


def database() -> str:
    """What is wrong with PostgreSQL; empty when nothing is."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return f"PostgreSQL does not answer: {type(error).__name__}"
    return ""


def broker() -> str:
    """What is wrong with Redis; empty when nothing is."""
    try:
        redis_version()
    except redis.RedisError as error:
        return f"Redis does not answer: {type(error).__name__}"
    return ""


def migrations() -> str:
    """What is wrong with the schema; empty when nothing is."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return UNKNOWN
    return f"{len(missing)} not applied: run manage.py migrate" if missing else ""


def postgresql_version() -> int:
    """Its major version."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0]) // 10_000


def redis_version() -> int:
    """Its major version; of Valkey the one of Redis that it stands for."""
    with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2) as client:
        client.ping()
        return int(str(client.info("server")["redis_version"]).split(".")[0])


def skew() -> float:
    """By how many seconds the database's clock is ahead of this machine's, give or take half the way there and back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")  # the way is open
        sent, started = timezone.now(), time.monotonic()
        cursor.execute("SELECT clock_timestamp()")
        theirs = cursor.fetchone()[0]
    return float((theirs - sent).total_seconds() - (time.monotonic() - started) / 2)
