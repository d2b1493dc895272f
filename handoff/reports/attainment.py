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


_SHARES = [0.5, 0.9]

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
    percentile_cont(%(shares)s::float[]) WITHIN GROUP (ORDER BY business) FILTER (WHERE timed),
    percentile_cont(%(shares)s::float[]) WITHIN GROUP (ORDER BY wall) FILTER (WHERE timed)
FROM judged
GROUP BY key, label
ORDER BY {order}
"""
_LEAD = "JOIN leads_lead lead ON lead.id = clock.lead_id"
_OWNER = "LEFT JOIN leads_user owner ON owner.id = clock.owner_id"
# The team of its owner when it ended or was due, whichever was first; while it is open, that of now.
_MEMBERSHIP = """
LEFT JOIN leads_membership membership ON membership.user_id = clock.owner_id
    AND (membership.since IS NULL OR membership.since < LEAST(clock.stopped_at, clock.due_at, %(now)s))
    AND (membership.until IS NULL OR membership.until >= LEAST(clock.stopped_at, clock.due_at, %(now)s))
"""
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
        # Whose team owed it then; what nobody owned was owed by the team in whose queue it waited.
        "COALESCE(team.name, '')",
        "COALESCE(team.name, '')",
        "(no team)",
        f"{_MEMBERSHIP} LEFT JOIN leads_team team"
        " ON team.id = CASE WHEN clock.owner_id IS NULL THEN clock.team_id ELSE membership.team_id END",
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

# All clocks, from the figures that are kept ready: the counts say in which bucket of times a percentile lies, and the
# clocks of that bucket what it is, between two neighbours if need be. What is overdue is counted now. Campaigns of one
# name are one, known by the `first` of them.
_BY_CAMPAIGN = """
WITH campaign AS MATERIALIZED (
    SELECT id, key, min(id) OVER (PARTITION BY key) AS first
    FROM (SELECT id, name AS key FROM leads_campaign UNION ALL SELECT 0, '') named
), kept AS MATERIALIZED (
    SELECT first, figure, bucket, sum(n)::int AS n
    FROM (
        SELECT campaign_id, figure, bucket, n FROM handoff_attainmentcount WHERE metric = %(metric)s
        UNION ALL SELECT campaign_id, figure, bucket, n FROM handoff_attainmentdelta WHERE metric = %(metric)s
    ) figures JOIN campaign ON campaign.id = campaign_id
    GROUP BY first, figure, bucket
), wanted AS (
    SELECT first, figure, share, share * (sum(n) - 1) AS rank, floor(share * (sum(n) - 1)) AS low,
        ceil(share * (sum(n) - 1)) AS high
    FROM kept, unnest(%(shares)s::float[]) share
    WHERE figure IN ('business', 'wall')
    GROUP BY first, figure, share
), bucket AS (
    SELECT first, figure, bucket, n, sum(n) OVER (PARTITION BY first, figure ORDER BY bucket) - n AS below
    FROM kept WHERE figure IN ('business', 'wall')
), place AS MATERIALIZED (
    SELECT first, figure, share, rank - low AS past, bucket, GREATEST(low - below, 0)::bigint AS skipped,
        LEAST(high - below, n - 1)::bigint + 1 AS until
    FROM wanted JOIN bucket USING (first, figure)
    WHERE below <= high AND below + n > low
), overdue AS MATERIALIZED (
    SELECT first, CASE WHEN excused_by_id IS NULL THEN 'breached' ELSE 'excused' END AS outcome, count(*)::int AS n
    FROM sla_clock clock JOIN handoff_countedclock counted ON counted.clock_id = clock.id
        JOIN campaign ON campaign.id = counted.campaign_id
    WHERE clock.metric = %(metric)s AND clock.stopped_at IS NULL AND clock.due_at < %(now)s
    GROUP BY 1, 2
), figures AS (
    SELECT first, figure, n, NULL::float AS share, NULL::float AS seconds
    FROM kept WHERE figure NOT IN ('business', 'wall')
    UNION ALL SELECT first, outcome, n, NULL, NULL FROM overdue
    UNION ALL SELECT first, 'overdue', n, NULL, NULL FROM overdue
    UNION ALL SELECT first, 'running', -n, NULL, NULL FROM overdue
    {times}
)
SELECT key, key, {counts},
    array_agg(seconds ORDER BY share) FILTER (WHERE figure = 'business'),
    array_agg(seconds ORDER BY share) FILTER (WHERE figure = 'wall')
FROM figures JOIN campaign ON campaign.id = figures.first
GROUP BY key
HAVING sum(n) > 0
ORDER BY sum(n) FILTER (WHERE figure NOT IN ('overdue', 'untimed')) DESC, key
"""
_TIMES = """
    UNION ALL
    SELECT place.first, '{time}', 0, share, min(seconds) + past * (max(seconds) - min(seconds))
    FROM place, LATERAL (
        SELECT {time} AS seconds FROM campaign JOIN handoff_countedclock counted ON counted.campaign_id = campaign.id
        WHERE campaign.first = place.first AND metric = %(metric)s AND handoff_bucket({time}) = bucket
        ORDER BY {time} OFFSET skipped LIMIT until - skipped
    ) found
    WHERE figure = '{time}'
    GROUP BY place.first, share, past
"""
_TIMES_OF_ALL = "".join(_TIMES.format(time=time) for time in ("business", "wall"))
_COUNTS = ", ".join(
    f"COALESCE(sum(n) FILTER (WHERE figure = '{figure}'), 0)::bigint"
    for figure in ("met", "breached", "excused", "cancelled", "running", "overdue", "untimed")
)


def attainment(
    metric: Metric, by: By, start: datetime | None = None, end: datetime | None = None, now: datetime | None = None
) -> list[AttainmentRow]:
    """How the clocks of a metric stand at `now`, of those that ended or, while they run, are due in [start, end).

    A missing bound leaves that side open. A running clock whose due time cannot be known is in no period, and is
    counted only without one. A week is that of ISO 8601 in UTC, like 2026-W10. The rows with the most clocks come
    first; weeks in order.
    """
    if by == By.CAMPAIGN and start is None and end is None:
        return _rows(_BY_CAMPAIGN.format(counts=_COUNTS, times=_TIMES_OF_ALL), metric, by, now)
    return from_the_clocks(metric, by, start, end, now)


def from_the_clocks(
    metric: Metric, by: By, start: datetime | None = None, end: datetime | None = None, now: datetime | None = None
) -> list[AttainmentRow]:
    """The same, and each clock looked at for it, though its figures were ready."""
    in_period = start is not None or end is not None
    order = "key" if by == By.WEEK else "count(*) DESC, key"
    statement = _ATTAINMENT.format(judged=_judged(by) + _IN_PERIOD * in_period, order=order)
    return _rows(statement, metric, by, now, start=start or "-infinity", end=end or "infinity")


def _rows(
    statement: str, metric: Metric, by: By, now: datetime | None, **period: datetime | str
) -> list[AttainmentRow]:
    values = {"metric": metric, "now": now or timezone.now(), "shares": _SHARES, **period}
    values |= {state.name.lower(): state.value for state in ClockState}
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [_row(_GROUPINGS[by].empty, *row) for row in cursor.fetchall()]


def _judged(by: By) -> str:
    grouping = _GROUPINGS[by]
    return _JUDGED.format(key=grouping.key, label=grouping.label, joins=grouping.joins)


def _row(empty: str, key: str, label: str, *values: Any) -> AttainmentRow:
    *counts, business, wall = values
    return AttainmentRow(key, label or empty, *counts, *(business or (None, None)), *(wall or (None, None)))
