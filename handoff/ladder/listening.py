"""Sleeping until something is due, or until the database says that something has been written."""

import time

from django.conf import settings
from django.db import connection


def listen(channel: str) -> None:
    """Be woken by what is written to this channel. Behind a pooler nobody is: each sleep then takes its whole time."""
    if settings.DATABASE_IS_POOLED:
        return  # it would leave the listening to a session that the pooler hands to somebody else
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {channel}")


def sleep(seconds: float) -> None:
    """Sleep so long, or until a notification comes."""
    if seconds <= 0:
        return
    if settings.DATABASE_IS_POOLED:
        time.sleep(seconds)
        return
    with connection.wrap_database_errors:  # what psycopg raises, Django's way
        list(connection.connection.notifies(timeout=seconds, stop_after=1))
