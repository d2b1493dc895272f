"""The policies in force, kept in memory for as long as the database holds the very rows they were made of."""

from functools import lru_cache

from django.db import connection

from sla.models import Policy

# Which version of a row it is that a transaction sees: PostgreSQL writes another one, with other marks, at each change.
# A trigger lets a change of a step be one of its policy.
_MARKS = """
SELECT policy.id, policy.xmin::text, policy.ctid::text, calendar.xmin::text, calendar.ctid::text
FROM sla_policy policy JOIN sla_calendar calendar ON calendar.id = policy.calendar_id
WHERE policy.retired_at IS NULL
"""


def in_force() -> dict[int, Policy]:
    """The policies in force by their ids, in the order in which they are asked, with their calendars and steps.

    They are shared: read them only. It costs one small statement, unless one of them has changed.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MARKS)
        return _read(frozenset(cursor.fetchall()))


@lru_cache(maxsize=1)
def _read(marks: frozenset[tuple[int, str, str, str, str]]) -> dict[int, Policy]:
    policies = Policy.objects.filter(pk__in=[mark[0] for mark in marks]).select_related("calendar")
    return {policy.pk: policy for policy in policies.prefetch_related("steps")}
