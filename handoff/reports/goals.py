"""The goals of a period, as the scorecard shows them beside what came of them."""

from datetime import date

from handoff.models import Goal, GoalMeasure, GoalPeriod
from handoff.reports.fiscal import MONTH

FIGURES = {GoalMeasure.DELIVERED.value: "delivered", GoalMeasure.ACCEPTED.value: "accepted"}
"""Which figure is measured against which goal."""


def goals_of(months: int, starts_on: date) -> dict[str, int]:
    """Those of the whole firm, by the name of the figure. A month has no goal because its quarter has one."""
    length = GoalPeriod.MONTH if months == MONTH else GoalPeriod.QUARTER
    goals = Goal.objects.filter(length=length, starts_on=starts_on, team=None, measure__in=FIGURES)
    return {FIGURES[measure]: value for measure, value in goals.values_list("measure", "value")}
