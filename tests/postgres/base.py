"""A flush that puts back what the migrations wrote, and costs no more than what the test has written.

Django's own truncates every table, a new file for each table and each index, and saves what the migrations wrote
object by object: half a second of each test with real transactions.
"""

from typing import Any

from django.db.backends.postgresql import base, creation, operations
from django.db.backends.postgresql.psycopg_any import sql

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
        # Neither the triggers that keep the history nor foreign keys have a say.
        return ["SET LOCAL session_replication_role = replica", _of_each(tables, RESTORE, self.connection)]


class Creation(creation.DatabaseCreation):
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
