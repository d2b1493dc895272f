"""Do PostgreSQL and Redis answer, can they be used, and is all else in place that this program serves from?"""

import time
from pathlib import Path

import redis
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import Error, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from handoff.engine.outages import READ_ONLY, problem_of

UNKNOWN = "unknown: PostgreSQL does not answer"
OLDEST_POSTGRESQL, OLDEST_REDIS = 16, 6
OWN_FILES = Path(__file__).resolve().parent.parent / "static"
# A new file, longer than what free space in old ones may hold. It goes with the transaction.
_WRITE = """
    CREATE TEMPORARY TABLE handoff_probe AS
    SELECT number, repeat('x', 1000) AS filling FROM generate_series(1, 1000) AS number
"""


def database() -> str:
    """What is wrong with PostgreSQL; empty when it answers and takes writes."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'")
            is_standby, is_read_only = cursor.fetchone()
    except Error as error:
        return problem_of(error)
    if is_standby:
        return f"{READ_ONLY.problem}: it is a standby"
    return f"{READ_ONLY.problem}: it takes no writes (default_transaction_read_only)" if is_read_only else ""


def disk() -> str:
    """Whether there is space: a small write into free space of an old file would not show it."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_WRITE)
            transaction.set_rollback(True)
    except Error as error:
        return problem_of(error)
    return ""


def broker() -> str:
    """What is wrong with Redis; empty when nothing is."""
    try:
        version = redis_version()
    except redis.RedisError as error:
        return f"Redis does not answer: {type(error).__name__}"
    except ValueError as error:  # an address of another kind of server
        return f"REDIS_URL cannot be used: {str(error).splitlines()[0]}"
    return "" if version >= OLDEST_REDIS else f"Redis is version {version}, older than {OLDEST_REDIS}"


def migrations() -> str:
    """What is wrong with the schema; empty when nothing is."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Error:
        return UNKNOWN
    return f"{len(missing)} not applied: run manage.py migrate" if missing else ""


def static_files() -> str:
    """What is missing of what the pages need; empty when nothing is."""
    if settings.WHITENOISE_USE_FINDERS:
        return ""
    for path in OWN_FILES.rglob("*.*"):
        name = path.relative_to(OWN_FILES).as_posix()
        try:
            is_there = staticfiles_storage.exists(staticfiles_storage.stored_name(name))  # type: ignore[attr-defined]
        except ValueError:
            is_there = False  # it is not in the manifest
        if not is_there:
            return f"{name} is not in {settings.STATIC_ROOT}: run manage.py collectstatic, then start the web again"
    return ""


def postgresql_version() -> int:
    """Its major version."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0]) // 10_000


def redis_version() -> int:
    """Its major version; of Valkey the one of Redis that it stands for."""
    with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2) as client:
        client.ping()
        if client.info("cluster").get("cluster_enabled"):
            raise ValueError("it is a Redis Cluster, over which Celery cannot send: use a single server")
        return int(str(client.info("server")["redis_version"]).split(".")[0])


def lock_timeout() -> str:
    """How long a statement waits for a lock, as PostgreSQL writes it; `0` is for ever."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return str(cursor.fetchone()[0])


def skew() -> float:
    """By how many seconds the database's clock is ahead of this machine's, give or take half the way there and back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")  # the way is open
        sent, started = timezone.now(), time.monotonic()
        cursor.execute("SELECT clock_timestamp()")
        theirs = cursor.fetchone()[0]
    return float((theirs - sent).total_seconds() - (time.monotonic() - started) / 2)
