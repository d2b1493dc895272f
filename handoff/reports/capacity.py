"""What was to be delivered and could be taken, beside what was: goals and capacity by period and team."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from handoff.models import Firm, Goal, GoalMeasure
from handoff.reports.counting import Counted, CountedRow
from handoff.reports.fiscal import period_of
from handoff.reports.kinds import Kind
from handoff.reports.report import Asked, Chart, Column, Report, Shape
from handoff.reports.rows import MONTH, OF_A_LEAD, OF_TIME, QUARTER, Rows
from handoff.reports.rows_form import RowsForm
from handoff.reports.workload import Workload


def _with_team(period: Rows) -> Rows:
    team = OF_A_LEAD["team"]
    return Rows(
        f"{period.label} and team",
        f"{period.key} || '/' || {team.key}",
        f"{period.key} || ' · ' || COALESCE(team.name, '(no team)')",
        team.joins,
        in_order=True,
    )


ROWS: Mapping[str, Rows] = {
    **OF_TIME,
    "month_team": _with_team(MONTH),
    "quarter_team": _with_team(QUARTER),
    **OF_A_LEAD,
}
HANDOFFS = Counted(
    items="speed_items.sql",
    rows=ROWS,
    counts={"delivered": "true", "valid": "decided AND NOT against_marketing", "accepted": "accepted"},
)
Goals = Mapping[tuple[str, str, date, str | None], int]


def capacity(asked: Asked, now: datetime) -> list[CountedRow]:
    """The rows; those of a month or quarter with its goals, and with what people could take."""
    length, _, of_team = str(asked["by"]).partition("_")
    rows = HANDOFFS.answer(asked, now)
    if length not in ("month", "quarter"):
        return [_with(row, {}) for row in rows]
    firm, goals = Firm.of_now(), _goals()
    workload = Workload(firm)
    return [_with(row, _planned(row, length, bool(of_team), firm, goals, workload)) for row in rows]


def _goals() -> Goals:
    kept = Goal.objects.select_related("team")
    return {
        (goal.measure, goal.length, goal.starts_on, goal.team.name if goal.team else None): goal.value for goal in kept
    }


def _planned(
    row: CountedRow, length: str, of_team: bool, firm: Firm, goals: Goals, workload: Workload
) -> dict[str, Any]:
    key, _, name = row.key.partition("/")
    team = name if of_team else None
    period = period_of(key, firm)
    return {
        "goal": goals.get((GoalMeasure.DELIVERED, length, period.starts_on, team)),
        "goal_accepted": goals.get((GoalMeasure.ACCEPTED, length, period.starts_on, team)),
        "capacity": workload.capacity(period.days, team),
    }


def _with(row: CountedRow, planned: Mapping[str, Any]) -> CountedRow:
    goal, takes = planned.get("goal"), planned.get("capacity")
    figures = {
        "goal": goal,
        "goal_accepted": planned.get("goal_accepted"),
        "reached": row.delivered / goal if goal else None,
        "capacity": takes,
        "used": row.delivered / takes if takes else None,
    }
    return replace(row, figures={**row.figures, **figures})


class CapacityForm(RowsForm):
    offers = ROWS
    of_what = "Leads handed to sales"


_GOAL, _TAKES = "Goal", "Capacity"
REPORT = Report(
    name="capacity",
    title="Goals and capacity",
    summary="What was to be delivered and what sales could take, beside what was delivered.",
    form=CapacityForm,
    asked_first={"by": "month"},
    columns=[
        Column("delivered", "Delivered", "Handoffs that marketing offered to sales in the period."),
        Column("valid", "Valid", "Those decided, and not rejected for a reason that counts against marketing."),
        Column("accepted", "Accepted", "Those that sales has accepted."),
        Column("goal", "Delivered", "The goal of the whole month or quarter, of the firm or team.", Kind.GOAL, _GOAL),
        Column("reached", "Reached", "Delivered of that goal, which may be more than all.", Kind.RATIO, _GOAL),
        Column("goal_accepted", "Accepted", "The goal of accepted leads.", Kind.GOAL, _GOAL),
        Column(
            "capacity",
            "Leads",
            "What people can take in the whole period: their leads a week, on each day from Monday to Friday on which "
            "they are not away.",
            Kind.RATIO,
            _TAKES,
        ),
        Column("used", "Used", "Delivered of the capacity; above 1, more came than can be taken.", Kind.RATIO, _TAKES),
    ],
    rows=capacity,
    explanation=(
        "RevOps enters goals and capacities, which stand beside the rows that are months or quarters; a month has "
        "no goal because its quarter has one. Who is away at noon of the firm is away that day. People belong to the "
        "team that they are in now, and leads to the team of their owner."
    ),
    nothing=("No handoff to count", "No lead was handed to sales in this period."),
    icon="trending_up",
    chart=Chart(["delivered", "accepted", "goal", "capacity"], Shape.BARS),
    behind=HANDOFFS.behind,
    opens=HANDOFFS.counts,
    about="handoff",
)
