"""What a worker does when its database was away."""

import os

import psycopg
import pytest
from django.db import OperationalError, connection

from handoff import tasks
from handoff.engine import heartbeat

pytestmark = pytest.mark.django_db(transaction=True)


def end_session() -> None:
    """End the connection of this test on the server, as a restart of PostgreSQL does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (session,) = cursor.fetchone()
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [session])


def test_a_task_gets_a_connection_that_works_when_the_last_one_was_ended_between_tasks():
    end_session()
    assert tasks.sweep.apply().successful()
    assert heartbeat.age("sweep") is not None


def test_a_task_gets_a_connection_that_works_when_the_last_one_was_ended_in_a_task():
    end_session()
    for _ in range(2):  # the connection stays, and stays broken
        with pytest.raises(OperationalError):
            heartbeat.age("sweep")
    assert tasks.sweep.apply().successful()
    assert heartbeat.age("sweep") is not None
