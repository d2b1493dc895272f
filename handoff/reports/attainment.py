"""How often a promise was kept, and how long it took."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django import forms
from django.db import connection
from django.utils import timezone

from handoff.reports.kinds import Kind
from handoff.reports.period import PeriodForm
from handoff.reports.report import Asked, Column, Report
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


_WITHOUT = {
    By.TEAM: "(no team)",
    By.OWNER: "(no owner)",
    By.SOURCE: "(no source)",
    By.CAMPAIGN: "(no campaign)",
    By.WEEK: "(no due time)",
}
"""What a person reads where the key is empty."""


def attainment(
    metric: Metric, by: By, start: datetime | None = None, end: datetime | None = None, now: datetime | None = None
) -> list[AttainmentRow]:
    """The status of the clocks of a metric at `now`, of those that ended or, while they run, are due in [start, end).

    A missing bound leaves that side open. A running clock whose due time cannot be known is in no period, and is
    counted only without one. A week is that of ISO 8601 in UTC, like 2026-W10. The rows with the most clocks come
    first; weeks in order.
    """
    if by == By.CAMPAIGN and start is None and end is None:
        return _rows("attainment_by_campaign.sql", metric, by, now)
    return from_the_clocks(metric, by, start, end, now)


def from_the_clocks(
    metric: Metric, by: By, start: datetime | None = None, end: datetime | None = None, now: datetime | None = None
) -> list[AttainmentRow]:
    """The same, and each clock looked at for it, though its figures were ready."""
    in_period = start is not None or end is not None
    period = {"in_period": in_period, "start": start or "-infinity", "end": end or "infinity"}
    return _rows("attainment.sql", metric, by, now, **period)


def _rows(statement: str, metric: Metric, by: By, now: datetime | None, **period: Any) -> list[AttainmentRow]:
    values = {"metric": metric.value, "by": by.value, "now": now or timezone.now(), **period}
    with connection.cursor() as cursor:
        cursor.execute(load("handoff.reports", statement), values)
        return [_row(_WITHOUT.get(by, ""), *row) for row in cursor.fetchall()]


def _row(without: str, key: str, label: str, *values: Any) -> AttainmentRow:
    *counts, business, wall = values
    return AttainmentRow(key, label or without, *counts, *(business or (None, None)), *(wall or (None, None)))


class AttainmentForm(PeriodForm):
    metric = forms.ChoiceField(choices=Metric.choices, help_text="The promise: which clocks are counted.")
    by = forms.ChoiceField(
        choices=[(by.value, by.value.title()) for by in By], label="Rows", help_text="What the rows are."
    )
    of_what = "Clocks that ended, or run and are due,"


def _answer(asked: Asked, now: datetime) -> list[AttainmentRow]:
    return attainment(Metric(asked["metric"]), By(asked["by"]), asked["from"], asked["to"], now)


_CLOCKS, _BUSINESS, _WALL = "Clocks", "Business time", "Wall time"
REPORT = Report(
    name="attainment",
    title="Attainment",
    summary="How often a promise was kept, and how long it took.",
    form=AttainmentForm,
    asked_first={"metric": Metric.SPEED_TO_LEAD.value, "by": By.TEAM.value},
    columns=[
        Column("attainment", "Attainment", "met / (met + breached); empty if there is neither.", Kind.SHARE),
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
        "A clock counts when it ended, or while it runs when it is due. Times are of the clocks met or breached. Days "
        "and weeks are UTC."
    ),
    nothing=(
        "No clock to count",
        "No clock of this metric ended, or is due, in this period. Clocks run once a policy has a target for it.",
    ),
)
