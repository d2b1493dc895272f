"""All reports, in the order in which they are offered: each has a page, a CSV, an endpoint and a command."""

from handoff.reports import (
    attainment,
    closed_loop,
    cohort,
    delays,
    funnel,
    leakage,
    origin,
    rejections,
    returning,
    scorecard,
    speed,
    won,
)
from handoff.reports.report import Report

_MODULES = (
    funnel,
    scorecard,
    speed,
    attainment,
    delays,
    rejections,
    leakage,
    closed_loop,
    won,
    cohort,
    origin,
    returning,
)
REPORTS: dict[str, Report] = {module.REPORT.name: module.REPORT for module in _MODULES}
