"""The policies in force, kept in memory for as long as the database holds the very rows they were made of.

So is the team of a lead, which their conditions ask for.
"""

from functools import lru_cache

from django.db import connection

from leads.models import Lead, Team
from sla.models import Policy

# Which version of a row it is that a transaction sees: PostgreSQL writes another one, with other marks, at each change.
# A trigger lets a change of a step be one of its policy.
_MARKS = """
SELECT policy.id, policy.xmin::text, policy.ctid::text, calendar.xmin::text, calendar.ctid::text
FROM sla_policy policy JOIN sla_calendar calendar ON calendar.id = policy.calendar_id
WHERE policy.retired_at IS NULL
UNION ALL SELECT id, xmin::text, ctid::text, NULL, NULL FROM leads_team WHERE id = %s
"""
Mark = tuple[int, str, str, str | None, str | None]


def in_force(lead: Lead | None = None) -> dict[int, Policy]:
    """The policies in force by their ids, in the order in which they are asked, with their calendars and steps.

    They are shared: read them only. It costs one small statement, unless one of them has changed. The lead that they
    are asked about gets its team.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MARKS, [lead.team_id if lead else None])
        marks: list[Mark] = cursor.fetchall()
    for mark in marks:
        if lead and mark[3] is None:
            lead.team = _team(mark)
    return _read(frozenset(mark for mark in marks if mark[3]))


@lru_cache(maxsize=1)
def _read(marks: frozenset[Mark]) -> dict[int, Policy]:
    policies = Policy.objects.filter(pk__in=[mark[0] for mark in marks]).select_related("calendar")
    return {policy.pk: policy for policy in policies.prefetch_related("steps")}


@lru_cache(maxsize=256)
def _team(mark: Mark) -> Team:
    return Team.objects.get(pk=mark[0])
