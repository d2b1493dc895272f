"""How each program speaks to PostgreSQL: its name, its limits, and what it may do there."""

import os
from typing import Any

import environ
import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from config import database
from handoff import workflow
from handoff.alerts import deliver
from handoff.engine import heartbeat
from handoff.ladder.sweep import sweep
from handoff.reports import rollup
from sla.metrics import Metric
from tests.world import World, assert_consistent, make_lead, make_policy


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["/venv/lib/gunicorn/__main__.py", "--config", "python:config.gunicorn", "config.wsgi"], "web"),
        (["/venv/bin/gunicorn", "config.wsgi"], "web"),
        (["/venv/lib/celery/__main__.py", "--quiet", "--app", "config", "worker", "--without-mingle"], "worker"),
        (["/venv/bin/celery", "--app", "config", "beat"], "beat"),
        (["manage.py", "sweeper"], "sweeper"),
        (["manage.py", "migrate", "--no-input"], "migrate"),
        (["/app/manage.py"], "python"),
        (["-c"], "python"),
        ([], "python"),
    ],
)
def test_a_program_is_known_by_how_it_was_started(arguments: list[str], name: str) -> None:
    assert database.program_name(arguments) == name


def shown(monkeypatch: pytest.MonkeyPatch, command: str, **variables: str) -> dict[str, str]:
    """What PostgreSQL itself says of the session of a program."""
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    configured = database.configure(environ.FileAwareEnv(), ["manage.py", command])
    options = {key: value for key, value in configured["OPTIONS"].items() if key != "tcp_user_timeout"}
    server = os.environ["DATABASE_URL"].partition("?")
    with psycopg.connect(f"{server[0]}?{server[2].partition('&')[0]}", **options) as session:
        names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "application_name")
        return {name: session.execute(f"SHOW {name}").fetchone()[0] for name in names}  # type: ignore[index]


@pytest.mark.parametrize(
    ("command", "limits"),
    [
        ("runserver", ["3s", "30s", "1min"]),
        ("sweeper", ["10s", "4min", "1min"]),
        ("migrate", ["5s", "0", "0"]),
        ("import_csv", ["0", "0", "0"]),
    ],
)
def test_each_program_has_its_name_and_limits(monkeypatch: pytest.MonkeyPatch, command: str, limits: list[str]) -> None:
    assert [*shown(monkeypatch, command).values()] == [*limits, f"handoff-{command}"]


def test_every_limit_is_a_setting_and_the_address_has_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    given = shown(monkeypatch, "runserver", WEB_LOCK_TIMEOUT="0.5", WEB_STATEMENT_TIMEOUT="0")
    assert (given["lock_timeout"], given["statement_timeout"]) == ("500ms", "0")
    address = os.environ["DATABASE_URL"]
    own = f"{address}{'&' if '?' in address else '?'}options=-c%20lock_timeout%3D7000"
    assert shown(monkeypatch, "runserver", DATABASE_URL=own)["lock_timeout"] == "7s"


def test_behind_a_pooler_nothing_is_left_in_a_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_POOLER", "transaction")
    configured = database.configure(environ.FileAwareEnv(), ["manage.py", "runserver"])
    assert "options" not in configured["OPTIONS"]
    assert configured["DISABLE_SERVER_SIDE_CURSORS"]


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["TRUNCATE leads_transition CASCADE", "TRUNCATE leads_lead CASCADE"])
def test_the_history_cannot_be_emptied(statement: str) -> None:
    refused = pytest.raises(Exception, match="leads_transition is append-only: TRUNCATE refused")
    with connection.cursor() as cursor, refused, transaction.atomic():
        cursor.execute(statement)


@pytest.fixture
def clerk(world: World) -> Any:
    """The session goes on as a role that may read and write rows, as docs/operations.md grants it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            CREATE ROLE handoff_clerk;
            GRANT USAGE ON SCHEMA public TO handoff_clerk;
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO handoff_clerk;
            GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO handoff_clerk;
            SET LOCAL ROLE handoff_clerk
            """
        )
        yield cursor


def test_a_role_that_may_only_write_rows_runs_everything(world: World, clerk: Any) -> None:
    make_policy(Metric.TIME_TO_ACCEPT)
    lead = make_lead()
    workflow.promote(lead.pk, by=world.mia, owner=world.ada)
    sweep()
    workflow.accept(lead.pk, by=world.ada)
    deliver()
    rollup.fold()
    heartbeat.beat("beat")
    assert_consistent()


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE leads_transition CASCADE",
        "ALTER TABLE leads_transition DISABLE TRIGGER ALL",
        "DROP TABLE leads_transition CASCADE",
        "CREATE TABLE mine (id int)",
    ],
)
def test_such_a_role_changes_no_schema_and_empties_no_table(world: World, clerk: Any, statement: str) -> None:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), transaction.atomic():
        clerk.execute(statement)
