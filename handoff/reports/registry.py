"""All reports, in the order in which they are offered: each has a page, a CSV, an endpoint and a command."""

from handoff.reports import (
    attainment,
    capacity,
    closed_loop,
    cohort,
    delays,
    funnel,
    leakage,
    origin,
    packets,
    rejections,
    returning,
    scorecard,
    signals,
    speed,
    versions,
    won,
)
from handoff.reports.report import Report
from leads.models import User

_MODULES = (
    funnel,
    scorecard,
    speed,
    packets,
    attainment,
    delays,
    rejections,
    leakage,
    closed_loop,
    won,
    cohort,
    origin,
    returning,
    capacity,
    versions,
    signals,
)
REPORTS: dict[str, Report] = {module.REPORT.name: module.REPORT for module in _MODULES}


def readable_by(person: User) -> list[Report]:
    return [report for report in REPORTS.values() if report.may_be_read_by(person)]
