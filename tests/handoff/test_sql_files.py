"""Functions, views and triggers of the database are those of the .sql files, where they can be read whole."""

from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from leads.sql import load

pytestmark = pytest.mark.django_db
FILES = sorted(
    (".".join(path.parent.parent.relative_to(settings.BASE_DIR).parts), path.name)
    for app in ("leads", "sla", "handoff")
    for path in (Path(settings.BASE_DIR) / app).rglob("sql/*.sql")
)
DEFINED = """
    SELECT 'function', oid::regprocedure::text, pg_get_functiondef(oid)
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
    UNION ALL
    SELECT 'view', oid::regclass::text, pg_get_viewdef(oid) FROM pg_class
    WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'trigger', tgname || '(' || tgrelid::regclass || ')', pg_get_triggerdef(oid)
    FROM pg_trigger WHERE NOT tgisinternal
"""


def defined() -> dict[tuple[str, str], str]:
    with connection.cursor() as cursor:
        cursor.execute(DEFINED)
        return {(kind, name): text for kind, name, text in cursor.fetchall()}


def definitions() -> dict[tuple[str, str], str]:
    """The files that define something, rather than ask something."""
    texts = {(package, name): load(package, name) for package, name in FILES}
    return {file: text for file, text in texts.items() if "CREATE OR REPLACE" in text}


def test_the_database_holds_what_the_files_say() -> None:
    """An edited file needs a migration that loads it: else only new installations would have the change."""
    before = defined()
    with connection.cursor() as cursor:
        for text in definitions().values():
            cursor.execute(text)
    assert defined() == before


def test_each_function_view_and_trigger_stands_in_a_file() -> None:
    text = "\n".join(definitions().values())
    lacking = [name for _, name in defined() if name.partition("(")[0] not in text]
    assert lacking == []


def test_the_name_of_a_metric_may_have_forty_letters() -> None:
    """As time_to_first_meeting_with_the_right_person has: a new metric is a row of a table, not a change of columns."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, character_maximum_length FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name = 'metric'"
        )
        lengths = dict(cursor.fetchall())
    assert {"sla_clock", "sla_policy", "handoff_countedclock", "handoff_clockshare"} <= lengths.keys()
    assert set(lengths.values()) == {40}
