"""How often a promise was kept, and how long it took."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import connection
from django.utils import timezone

from sla.metrics import Metric
from sla.models import ClockState


class By(StrEnum):
    """What the rows of the report are."""

    TEAM = "team"
    OWNER = "owner"
    SOURCE = "source"
    CAMPAIGN = "campaign"
    POLICY = "policy"
    WEEK = "week"


@dataclass(frozen=True)
class AttainmentRow:
    """One row. Every clock is in one of met, breached, excused, cancelled and running; `overdue` says how many still
    run past their due time, and those are among the breached, or the excused.

    `key` is empty for clocks without what the rows are, and `label` says so in words. Times are in seconds, of the
    clocks that were met or breached, excused or not. Empty means that there is nothing to measure, which is not 0.
    """

    key: str
    label: str
    met: int
    breached: int
    excused: int
    cancelled: int
    running: int
    overdue: int
    untimed: int
    """Those that ended and whose business time is not known: they are not in the business times."""
    median_business: float | None
    p90_business: float | None
    median_wall: float | None
    p90_wall: float | None

    @property
    def attainment(self) -> float | None:
        """Met of met and breached; what was excused is beside it."""
        return _share(self.met, self.met + self.breached)

    @property
    def attainment_before_excuses(self) -> float | None:
        """The same with the excused ones as the breaches that they were."""
        return _share(self.met, self.met + self.breached + self.excused)


FIGURES = (
    "attainment",
    "attainment_before_excuses",
    "met",
    "breached",
    "excused",
    "cancelled",
    "running",
    "overdue",
    "untimed",
    "median_business",
    "p90_business",
    "median_wall",
    "p90_wall",
)
"""What every door shows of a row, in this order and by these names."""


def as_dict(by: By, row: AttainmentRow) -> dict[str, Any]:
    """A row as every machine reads it."""
    return {by.value: row.key, "label": row.label, **{name: getattr(row, name) for name in FIGURES}}


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


# A clock belongs to the moment when it ended, or while it runs to the one when it is due.
_JUDGED = """
SELECT {key} AS key, {label} AS label, clock.stopped_at IS NULL AND clock.due_at < %(now)s AS overdue,
    CASE WHEN clock.state = %(running)s AND (clock.due_at IS NULL OR clock.due_at >= %(now)s) THEN 'running'
        WHEN clock.state IN (%(met)s, %(cancelled)s) THEN clock.state
        WHEN clock.excused_by_id IS NOT NULL THEN 'excused'
        ELSE 'breached' END AS outcome,
    clock.state IN (%(met)s, %(breached)s) AS timed,
    date_part('epoch', clock.elapsed) AS business, date_part('epoch', clock.stopped_at - clock.started_at) AS wall
FROM sla_clock clock {joins}
WHERE clock.metric = %(metric)s
"""
_IN_PERIOD = """
    AND (clock.stopped_at >= %(start)s AND clock.stopped_at < %(end)s
        OR clock.stopped_at IS NULL AND clock.due_at >= %(start)s AND clock.due_at < %(end)s)
"""
_ATTAINMENT = """
WITH judged AS ({judged})
SELECT key, label, count(*) FILTER (WHERE outcome = 'met'), count(*) FILTER (WHERE outcome = 'breached'),
    count(*) FILTER (WHERE outcome = 'excused'), count(*) FILTER (WHERE outcome = 'cancelled'),
    count(*) FILTER (WHERE outcome = 'running'), count(*) FILTER (WHERE overdue),
    count(*) FILTER (WHERE timed AND business IS NULL),
    percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY business) FILTER (WHERE timed),
    percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY wall) FILTER (WHERE timed)
FROM judged
GROUP BY key, label
ORDER BY {order}
"""
_LEAD = "JOIN leads_lead lead ON lead.id = clock.lead_id"
_OWNER = "LEFT JOIN leads_user owner ON owner.id = clock.owner_id"
_MOMENT = "COALESCE(clock.stopped_at, clock.due_at)"


@dataclass(frozen=True)
class _Grouping:
    """How rows are told apart, what a person reads of each, and what he reads when that is empty."""

    key: str
    label: str
    empty: str
    joins: str = ""


_GROUPINGS = {
    By.TEAM: _Grouping(
        # Whose team owed it; what nobody owns is owed by the team in whose queue it waits.
        "COALESCE(team.name, '')",
        "COALESCE(team.name, '')",
        "(no team)",
        f"{_LEAD} {_OWNER} LEFT JOIN leads_team team"
        " ON team.id = CASE WHEN clock.owner_id IS NULL THEN lead.team_id ELSE owner.team_id END",
    ),
    By.OWNER: _Grouping(
        "COALESCE(owner.username, '')",
        "COALESCE(NULLIF(btrim(owner.first_name || ' ' || owner.last_name), ''), owner.username, '')",
        "(no owner)",
        _OWNER,
    ),
    By.SOURCE: _Grouping("lead.source", "lead.source", "(no source)", _LEAD),
    By.CAMPAIGN: _Grouping(
        "COALESCE(campaign.name, '')",
        "COALESCE(campaign.name, '')",
        "(no campaign)",
        f"{_LEAD} LEFT JOIN leads_campaign campaign ON campaign.id = lead.campaign_id",
    ),
    By.POLICY: _Grouping(
        "policy.key || '/' || policy.version",
        "policy.name || ' (version ' || policy.version || ')'",
        "",
        "JOIN sla_policy policy ON policy.id = clock.policy_id",
    ),
    By.WEEK: _Grouping(
        f"COALESCE(to_char({_MOMENT} AT TIME ZONE 'UTC', 'IYYY-\"W\"IW'), '')",
        f"COALESCE(to_char({_MOMENT} AT TIME ZONE 'UTC', 'IYYY-\"W\"IW'), '')",
        "(no due time)",
    ),
}


def attainment(
    metric: Metric, by: By, start: datetime | None = None, end: datetime | None = None, now: datetime | None = None
) -> list[AttainmentRow]:
    """How the clocks of a metric stand at `now`, of those that ended or, while they run, are due in [start, end).

    A missing bound leaves that side open. A running clock whose due time cannot be known is in no period, and is
    counted only without one. A week is that of ISO 8601 in UTC, like 2026-W10. The rows with the most clocks come
    first; weeks in order.
    """
    statement, values = _statement(metric, by, start, end)
    with connection.cursor() as cursor:
        cursor.execute(statement, values | {"now": now or timezone.now()})
        return [_row(_GROUPINGS[by].empty, *row) for row in cursor.fetchall()]


def _statement(metric: Metric, by: By, start: datetime | None, end: datetime | None) -> tuple[str, dict[str, Any]]:
    grouping = _GROUPINGS[by]
    judged = _JUDGED.format(key=grouping.key, label=grouping.label, joins=grouping.joins)
    if start or end:
        judged += _IN_PERIOD
    order = "key" if by == By.WEEK else "count(*) DESC, key"
    values = {"metric": metric, "start": start or "-infinity", "end": end or "infinity"}
    states = {state.name.lower(): state.value for state in ClockState}
    return _ATTAINMENT.format(judged=judged, order=order), values | states


def _row(empty: str, key: str, label: str, *values: Any) -> AttainmentRow:
    *counts, business, wall = values
    return AttainmentRow(key, label or empty, *counts, *(business or (None, None)), *(wall or (None, None)))
