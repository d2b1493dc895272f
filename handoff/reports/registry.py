"""All reports, in the order in which they are offered: each has a page, a CSV, an endpoint and a command."""

from handoff.reports import attainment, funnel, returning
from handoff.reports.report import Report

REPORTS: dict[str, Report] = {report.name: report for report in (attainment.REPORT, funnel.REPORT, returning.REPORT)}
