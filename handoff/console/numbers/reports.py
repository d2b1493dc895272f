"""A page and a CSV for each report. Everyone with a role reads the same numbers."""

from datetime import UTC, timedelta
from functools import partial
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from handoff.console.frame import export
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import source_of
from handoff.reports.kinds import NOTHING
from handoff.reports.period import PeriodForm
from handoff.reports.registry import REPORTS
from handoff.reports.report import Column, Report, Row

PERIODS = {"All time": None, "Last 7 days": 7, "Last 28 days": 28, "Last 90 days": 90}


def page(request: HttpRequest, report: Report) -> HttpResponse:
    form = _form(request, report)
    rows = report.rows(form.cleaned_data, timezone.now()) if form.is_valid() else []
    shown = [column for column in report.columns if not column.below]
    context = {
        **site.each_context(request),
        "title": report.title,
        "report": report,
        "question": form,
        "groups": _groups(shown),
        "columns": shown,
        "by": _words_of(str(form["by"].value() or "")),
        "rows": [_shown(report, shown, row, form["by"].value()) for row in rows],
        "periods": _periods(request, form),
        "export_url": f"{reverse(f'admin:{report.name}_export')}?{request.GET.urlencode()}",
    }
    return TemplateResponse(request, "handoff/console/report.html", context)


def export_view(request: HttpRequest, report: Report) -> HttpResponseBase:
    form = _form(request, report)
    if not form.is_valid():
        return redirect(f"{reverse(f'admin:{report.name}')}?{request.GET.urlencode()}")
    by = form.cleaned_data["by"]
    columns: dict[str, export.Column] = {name: partial(_cell, n) for n, name in enumerate(report.header(by))}
    rows = report.rows(form.cleaned_data, timezone.now())
    return export.stream((report.as_cells(by, row) for row in rows), columns, report.name)


def _cell(place: int, cells: list[str]) -> str:
    return cells[place]


def _form(request: HttpRequest, report: Report) -> PeriodForm:
    if not viewer(request).roles:
        raise PermissionDenied
    return report.form({**report.asked_first, **request.GET.dict()})


def _groups(columns: list[Column]) -> list[tuple[str, int]]:
    """What stands above the columns, and above how many; empty if nothing does."""
    groups = [(group, len(list(members))) for group, members in groupby(columns, key=lambda column: column.group)]
    return groups if any(group for group, _ in groups) else []


def _words_of(by: str) -> str:
    """What the rows are, above them: the last part of the name of an attribute, with spaces."""
    return by.rpartition(".")[2].replace("_", " ").capitalize()


def _shown(report: Report, shown: list[Column], row: Row, by: str) -> dict[str, Any]:
    words = report.as_words(row)
    return {
        "label": source_of(row.label) if by == "source" and row.key else row.label,
        "belongs_to_none": not row.key,
        "cells": [(words[column.name], _small_print(report, column, row, words)) for column in shown],
    }


def _small_print(report: Report, above: Column, row: Row, words: dict[str, str]) -> list[str]:
    """Like `3 overdue`, where that says something that the cell above it does not."""
    below = [column for column in report.columns if column.below == above.name and getattr(row, column.name)]
    return [
        f"{words[column.name]} {column.label[0].lower()}{column.label[1:]}"
        for column in below
        if words[column.name] not in (words[above.name], NOTHING)
    ]


def _periods(request: HttpRequest, form: PeriodForm) -> list[dict[str, Any]]:
    today = timezone.now().astimezone(UTC).date()
    asked = {name: value for name, value in request.GET.dict().items() if name not in ("from", "to")}
    periods = []
    for label, days in PERIODS.items():
        start = (today - timedelta(days=days)).isoformat() if days else ""
        is_shown = form["from"].value() in (start, start or None) and not form["to"].value()
        periods.append({"label": label, "query": "?" + urlencode(asked | {"from": start}), "active": is_shown})
    return periods


for each in REPORTS.values():
    site.mount(f"{each.name}/", partial(page, report=each), each.name)
    site.mount(f"{each.name}/export/", partial(export_view, report=each), f"{each.name}_export")
