"""Errors of the database that pass: what is the matter, and when it is worth trying again."""

import time
from dataclasses import dataclass

import psycopg
import structlog
from django.db import Error, InterfaceError, OperationalError

POOLER_REFUSES = "unsupported startup parameter"  # in the words of PgBouncer
QUIET_SECONDS = 60.0  # between two lines of the log about the same outage

log = structlog.get_logger(__name__)
_logged: dict[tuple[str, str], float] = {}


@dataclass(frozen=True)
class Outage:
    """Nobody who asks is to blame, and nothing was changed: the same request may work later."""

    code: str
    problem: str
    retry_after: int  # seconds


AWAY = Outage("database_away", "PostgreSQL does not answer", 5)
READ_ONLY = Outage("database_read_only", "PostgreSQL is read-only", 30)
FULL = Outage("database_full", "PostgreSQL has no space left on its disk", 30)
# By SQLSTATE, or by its first characters: https://www.postgresql.org/docs/current/errcodes-appendix.html
_OUTAGES = {
    "08": AWAY,
    "25006": READ_ONLY,
    "25P03": AWAY,  # it was idle in a transaction for too long, and was cut off
    "25P04": AWAY,
    "40": Outage("database_conflict", "Two requests got in each other's way", 1),
    "53": Outage("database_busy", "PostgreSQL is out of memory or connections", 5),
    "53100": FULL,
    "55P03": Outage("locked", "Another request holds what this one needs", 2),
    "57014": Outage("timed_out", "The database took longer than it may", 10),
    "57P": AWAY,
    "58": Outage("database_failing", "PostgreSQL cannot read or write its files", 30),
}


def outage_of(error: BaseException | None) -> Outage | None:
    """What is the matter with the database, if that is what this error says."""
    if not isinstance(error, Error | psycopg.Error):
        return None
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    state = getattr(cause, "sqlstate", None)
    if not state:
        # Without an answer there is no state: it could not be reached, or hung up.
        passes = OperationalError | InterfaceError | psycopg.OperationalError | psycopg.InterfaceError
        return AWAY if isinstance(error, passes) else None
    return next((_OUTAGES[state[:length]] for length in (5, 3, 2) if state[:length] in _OUTAGES), None)


def problem_of(error: Exception) -> str:
    """In words, like `PostgreSQL is read-only`."""
    outage = outage_of(error)
    if outage and outage is not AWAY:
        return outage.problem
    if POOLER_REFUSES in str(error):
        return f"The pooler refuses: {POOLER_REFUSES}"
    return f"{AWAY.problem if outage else 'PostgreSQL refuses'}: {type(error).__name__}"


def note(program: str, error: Exception) -> None:
    """Log an outage that a program waits out: once a minute, and not as often as it tries."""
    problem, now = problem_of(error), time.monotonic()
    if now - _logged.get((program, problem), -QUIET_SECONDS) < QUIET_SECONDS:
        return
    _logged[program, problem] = now
    first_line = next(iter(str(error).strip().splitlines()), "")
    log.error("waits_for_the_database", program=program, problem=problem, error=first_line)
