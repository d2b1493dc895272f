"""How each program speaks to PostgreSQL: under which name, and how long it waits there."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

POOLERS = ("", "transaction")
# A peer that vanished without a word is given up after a minute, on both sides, and not after the two hours of TCP.
KEEPALIVES = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
CLIENT = {"connect_timeout": 5, "tcp_user_timeout": 60_000} | KEEPALIVES
SERVER = {f"tcp_{name}": value for name, value in KEEPALIVES.items()} | {"client_connection_check_interval": 10_000}


@dataclass(frozen=True)
class Limits:
    """Seconds; 0 means no limit. One stuck row then costs one request, and not every thread of the web."""

    lock: float = 0
    statement: float = 0
    idle_in_transaction: float = 0

    def as_settings(self) -> dict[str, int]:
        """The names and milliseconds that PostgreSQL takes."""
        return {
            "lock_timeout": round(self.lock * 1000),
            "statement_timeout": round(self.statement * 1000),
            "idle_in_transaction_session_timeout": round(self.idle_in_transaction * 1000),
        }


def configure(env: environ.Env, arguments: Sequence[str]) -> dict[str, Any]:
    """Django's settings of the database, for the program that was started with these arguments."""
    database: dict[str, Any] = env.db_url("DATABASE_URL", default="postgres:///handoff")
    if database["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured("Handoff runs on PostgreSQL only: set DATABASE_URL to a postgres:// address.")
    database |= {"CONN_MAX_AGE": env.int("CONN_MAX_AGE", 600), "CONN_HEALTH_CHECKS": True}
    name, given = program_name(arguments), database.get("OPTIONS", {})
    options = CLIENT | {"application_name": f"handoff-{name}"} | given
    if is_pooled(env):
        # Two statements outside a transaction may reach two sessions, which share no cursor, no setting, no LISTEN.
        database["DISABLE_SERVER_SIDE_CURSORS"] = True
    else:
        session = SERVER | limits(env, name).as_settings()
        # What the address says comes last, and so wins.
        options["options"] = f"{_as_options(session)} {given.get('options', '')}".strip()
    return database | {"OPTIONS": options}


def is_pooled(env: environ.Env) -> bool:
    """Whether a pooler hands out a session for each transaction, so that nothing may be left in a session."""
    pooler = env.str("DATABASE_POOLER", "")
    if pooler not in POOLERS:
        raise ImproperlyConfigured('DATABASE_POOLER is empty, or "transaction" behind a pooler of transactions.')
    return bool(pooler)


def program_name(arguments: Sequence[str]) -> str:
    """Like `web`, `worker`, `beat`, `sweeper`, `migrate`: how pg_stat_activity names its sessions."""
    started = Path(arguments[0]).with_suffix("").parts if arguments and arguments[0] else ()
    words = [word for word in arguments[1:] if not word.startswith("-")]
    if "gunicorn" in started:
        return "web"
    if "celery" in started:
        return next((word for word in words if word in ("worker", "beat")), "celery")
    return words[0][:40] if started[-1:] == ("manage",) and words else "python"


def limits(env: environ.Env, name: str) -> Limits:
    """A command waits as long as it takes: who started it looks on, and may stop it."""
    idle = env.float("DATABASE_IDLE_TIMEOUT", 60.0)
    web = Limits(env.float("WEB_LOCK_TIMEOUT", 3.0), env.float("WEB_STATEMENT_TIMEOUT", 30.0), idle)
    work = Limits(env.float("WORKER_LOCK_TIMEOUT", 10.0), env.float("WORKER_STATEMENT_TIMEOUT", 240.0), idle)
    # Whoever waits for a table makes all others wait behind it: a migration gives up, and is started again.
    migrate = Limits(env.float("MIGRATE_LOCK_TIMEOUT", 5.0))
    by_name = {"web": web, "runserver": web, "migrate": migrate} | dict.fromkeys(("worker", "beat", "sweeper"), work)
    return by_name.get(name, Limits())


def _as_options(settings: dict[str, int]) -> str:
    return " ".join(f"-c {name}={value}" for name, value in settings.items())
