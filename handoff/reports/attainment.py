"""How often a promise was kept, and how long it took."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from django import forms
from django.db import connection
from django.utils import timezone

from handoff.reports.counting import Counted, CountedRow, percentile
from handoff.reports.kinds import Kind
from handoff.reports.report import Asked, Chart, Column, Report
from handoff.reports.rows import OF_A_LEAD, OF_TIME, Rows, owner
from handoff.reports.rows_form import RowsForm
from leads.sql import load
from sla.metrics import Metric


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
    def attainment_incl_excused(self) -> float | None:
        """The same with the excused ones as the breaches that they were."""
        return _share(self.met, self.met + self.breached + self.excused)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def attainment(
    metric: Metric, by: str, start: datetime | None = None, end: datetime | None = None, now: datetime | None = None
) -> list[AttainmentRow]:
    """The status of the clocks of a metric at `now`, of those that ended or, while they run, are due in [start, end).

    A missing bound leaves that side open. A running clock whose due time cannot be known is in no period, and is
    counted only without one. The rows with the most clocks come first; weeks, months and quarters in order.
    """
    if by == By.CAMPAIGN and start is None and end is None:
        return _from_the_figures(metric, now)
    asked = {"metric": metric.value, "by": by, "from": start, "to": end}
    return _rows(CLOCKS.answer(asked, now or timezone.now()))


def from_the_clocks(
    metric: Metric, by: str, start: datetime | None = None, end: datetime | None = None, now: datetime | None = None
) -> list[AttainmentRow]:
    """The same, and each clock looked at for it, though its figures were ready."""
    asked = {"metric": metric.value, "by": by, "from": start, "to": end}
    return _rows(CLOCKS.from_tables(asked, now or timezone.now()))


def _rows(counted: Iterable[CountedRow]) -> list[AttainmentRow]:
    names = (*CLOCKS.counts, *CLOCKS.sums)
    return [AttainmentRow(row.key, row.label, *(row.figures[name] for name in names)) for row in counted]


def _from_the_figures(metric: Metric, now: datetime | None) -> list[AttainmentRow]:
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"metric": metric.value, "now": now or timezone.now()}
        cursor.execute(load("handoff.reports", "attainment_by_campaign.sql"), values)
        return [_row(ROWS[By.CAMPAIGN].without, *row) for row in cursor.fetchall()]


def _row(without: str, key: str, label: str, *values: Any) -> AttainmentRow:
    *counts, business, wall = values
    return AttainmentRow(key, label or without, *counts, *(business or (None, None)), *(wall or (None, None)))


# The team of its owner when it ended or was due, whichever was first; while it is open, the one they are in. What was
# nobody's was owed by the team in whose queue it waited.
_TEAM_OF_THEN = """
    LEFT JOIN leads_membership membership ON membership.user_id = item.owner_id
        AND (membership.since IS NULL OR membership.since < item.owed_at)
        AND (membership.until IS NULL OR membership.until >= item.owed_at)
    LEFT JOIN leads_team team ON team.id = CASE WHEN item.owner_id IS NULL THEN item.team_id ELSE membership.team_id END
"""
_POLICY = Rows(
    "Policy",
    "policy.key || '/' || policy.version",
    "policy.name || ' (version ' || policy.version || ')'",
    "JOIN sla_policy policy ON policy.id = item.policy_id",
)
ROWS: Mapping[str, Rows] = {
    By.TEAM: Rows("Team", "COALESCE(team.name, '')", joins=_TEAM_OF_THEN, without="(no team)"),
    By.OWNER: owner("item.owner_id"),
    By.SOURCE: OF_A_LEAD["source"],
    By.CAMPAIGN: OF_A_LEAD["campaign"],
    "country": OF_A_LEAD["country"],
    By.POLICY: _POLICY,
    **{name: replace(rows, without="(no due time)") for name, rows in OF_TIME.items()},
}
CLOCKS = Counted(
    items="attainment_items.sql",
    rows=ROWS,
    counts={
        **{outcome: f"outcome = '{outcome}'" for outcome in ("met", "breached", "excused", "cancelled", "running")},
        "overdue": "overdue",
        "untimed": "timed AND business IS NULL",
    },
    sums={
        "median_business": percentile(0.5, "business", "timed"),
        "p90_business": percentile(0.9, "business", "timed"),
        "median_wall": percentile(0.5, "wall", "timed"),
        "p90_wall": percentile(0.9, "wall", "timed"),
    },
    values=lambda asked: {"metric": str(asked["metric"])},
    due="attainment_open_items.sql",
    live="attainment_undated_items.sql",
)


class AttainmentForm(RowsForm):
    metric = forms.ChoiceField(choices=Metric.choices, help_text="The promise: which clocks are counted.")
    offers = ROWS
    of_what = "Clocks that ended, or run and are due,"


def _answer(asked: Asked, now: datetime) -> list[AttainmentRow]:
    return attainment(Metric(asked["metric"]), asked["by"], asked["from"], asked["to"], now)


_CLOCKS, _BUSINESS, _WALL = "Clocks", "Business time", "Wall time"
REPORT = Report(
    name="attainment",
    title="Attainment",
    summary="How often a promise was kept, and how long it took.",
    form=AttainmentForm,
    asked_first={"metric": Metric.SPEED_TO_LEAD.value, "by": By.TEAM.value},
    columns=[
        Column("attainment", "Attainment", "Clocks met / (met + breached); empty if there is neither.", Kind.SHARE),
        Column(
            "attainment_incl_excused",
            "Attainment incl. excused",
            "The same with the excused as breached.",
            Kind.SHARE,
            below="attainment",
        ),
        Column("met", "Met", "Ended at or before the due time.", group=_CLOCKS),
        Column("breached", "Breached", "Ended later, or still run past the due time.", group=_CLOCKS),
        Column("excused", "Excused", "Breached, and excused with a reason.", group=_CLOCKS),
        Column("cancelled", "Cancelled", "Ended with nothing to measure, as by a merge.", group=_CLOCKS),
        Column("running", "Running", "Not due yet, or paused without a due time.", group=_CLOCKS),
        Column(
            "overdue", "Overdue", "Still run past the due time: among the breached, or the excused.", below="breached"
        ),
        Column("untimed", "Not timed", "Ended, and their business time is not known.", below="median_business"),
        Column(
            "median_business",
            "Median",
            "Seconds of business time, of those met or breached, excused or not.",
            Kind.BUSINESS_TIME,
            _BUSINESS,
        ),
        Column("p90_business", "90% within", "Seconds: nine of ten took no longer.", Kind.BUSINESS_TIME, _BUSINESS),
        Column("median_wall", "Median", "Seconds from start to end.", Kind.WALL_TIME, _WALL),
        Column("p90_wall", "90% within", "Seconds: nine of ten took no longer.", Kind.WALL_TIME, _WALL),
    ],
    rows=_answer,
    explanation=(
        "Attainment is met of met and breached. What is overdue now counts as breached; what was excused is beside it. "
        "A clock counts when it ended, or while it runs when it is due. Times are of the clocks met or breached."
    ),
    chart=Chart(["attainment"]),
    behind=CLOCKS.behind,
    opens=CLOCKS.counts,
    about="clock",
    nothing=(
        "No clock to count",
        "No clock of this metric ended, or is due, in this period. Clocks run once a policy has a target for it.",
    ),
)
