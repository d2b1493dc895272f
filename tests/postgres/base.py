"""A flush that puts back what the migrations wrote, and costs no more than what the test has written.

Django's own truncates every table, a new file for each table and each index, and saves what the migrations wrote
object by object: half a second of each test with real transactions.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.db.backends.postgresql import base, creation, operations
from django.db.backends.postgresql.psycopg_any import sql
from django.db.migrations.state import ProjectState

# Copies of the tables that the migrations have filled. The schema is on no search path, so that nobody else sees them.
KEEP = """
DROP SCHEMA IF EXISTS as_migrated CASCADE;
CREATE SCHEMA as_migrated;
DO $$
DECLARE name text; filled boolean;
BEGIN
    FOREACH name IN ARRAY {tables}::text[] LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO filled;
        IF filled THEN
            EXECUTE format('CREATE TABLE as_migrated.%1$I AS TABLE %1$I', name);
        END IF;
    END LOOP;
END $$
"""
RESTORE = """
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY {tables}::text[] LOOP
        EXECUTE format('DELETE FROM %I', name);
        IF to_regclass(format('as_migrated.%I', name)) IS NOT NULL THEN
            EXECUTE format('INSERT INTO %1$I SELECT * FROM as_migrated.%1$I', name);
        END IF;
    END LOOP;
END $$
"""


class Operations(operations.DatabaseOperations):
    def sql_flush(self, style: Any, tables: Any, **options: Any) -> list[str]:  # noqa: ARG002
        if not tables:
            return []
        return [*self._without_triggers(tables), _of_each(tables, RESTORE, self.connection)]

    def _without_triggers(self, tables: Any) -> list[str]:
        """Neither the triggers that keep the history nor foreign keys have a say. Other roles than a superuser are not
        let past them, and truncate, which is slower."""
        with self.connection.cursor() as cursor:
            cursor.execute("SHOW is_superuser")
            if cursor.fetchone() == ("on",):
                return ["SET LOCAL session_replication_role = replica"]
        return ["SET LOCAL handoff.allow_truncate = on", f"TRUNCATE {', '.join(map(self.quote_name, tables))}"]


@contextmanager
def _each_model_by_itself() -> Iterator[None]:
    """After each operation Django makes the classes of a model and of all that are related to it again: of nearly all.

    That is most of the time that our migrations take. A statement needs no more than the model's own class, and before
    a migration runs Python Django makes all classes again where it has put that off. tests/config/test_upgrade.py runs
    `manage.py migrate` as it is.
    """

    def alone(state: Any, app_label: str, model_name: str, delay: bool = False) -> set[tuple[str, str]]:
        state.is_delayed = True
        return {(app_label, model_name)}

    with patch.object(ProjectState, "_find_reload_model", alone):
        yield


class Creation(creation.DatabaseCreation):
    def create_test_db(self, *args: Any, **options: Any) -> str:
        with _each_model_by_itself():
            return super().create_test_db(*args, **options)

    def serialize_db_to_string(self) -> str:
        tables = self.connection.introspection.django_table_names(only_existing=True, include_views=False)
        with self.connection.cursor() as cursor:
            cursor.execute(_of_each(tables, KEEP, self.connection))
        return "as_migrated"

    def deserialize_db_from_string(self, data: str) -> None:
        """The flush has put it back already."""


class DatabaseWrapper(base.DatabaseWrapper):
    creation_class = Creation
    ops_class = Operations


def _of_each(tables: Any, statement: str, connection: Any) -> str:
    return str(sql.SQL(statement).format(tables=sql.Literal(sorted(tables))).as_string(connection.connection))
