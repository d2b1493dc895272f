"""A page, a CSV and a workbook for each report. Everyone with a role reads the same numbers."""

from collections.abc import Sequence
from datetime import datetime, timedelta
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
from handoff.console.numbers.heat import heat_of
from handoff.models import Firm
from handoff.reports.chart import caption, chart_of
from handoff.reports.conversion import in_words
from handoff.reports.kinds import NOTHING
from handoff.reports.period import PeriodForm
from handoff.reports.registry import REPORTS
from handoff.reports.report import Column, Report, Row
from handoff.reports.workbook import TYPE, as_workbook

PERIODS = {"All time": None, "Last 7 days": 7, "Last 28 days": 28, "Last 90 days": 90}


def page(request: HttpRequest, report: Report) -> HttpResponse:
    form = form_of(request, report)
    now = timezone.now()
    rows = report.rows(form.cleaned_data, now) if form.is_valid() else []
    shown = [column for column in report.columns if not column.below]
    by, firm = str(form["by"].value() or ""), Firm.of_now()
    context = {
        **site.each_context(request),
        "title": report.title,
        "report": report,
        "question": form,
        "groups": _groups(shown),
        "columns": shown,
        "by": words_of(by),
        "heat": heat_of(report, rows, by, firm, lambda column, row: _link(report, column, row, request)),
        "rows": [_shown(report, shown, row, by, request) for row in rows],
        "chart": chart_of(report, rows, [label_of(row, by) for row in rows]),
        "caption": caption(report, rows),
        "as_of": now,
        "conversion": in_words(form.cleaned_data) if form.is_valid() else "",
        **_around(request, report, form, firm, now),
    }
    return TemplateResponse(request, "handoff/console/report.html", context)


def _around(request: HttpRequest, report: Report, form: PeriodForm, firm: Firm, now: datetime) -> dict[str, Any]:
    asked = request.GET.urlencode()
    return {
        "firm": firm,
        "periods": _periods(request, form, now.astimezone(firm.zone)),
        "export_url": f"{reverse(f'admin:{report.name}_export')}?{asked}",
        "workbook_url": f"{reverse(f'admin:{report.name}_workbook')}?{asked}",
        "schedule_url": f"{reverse('admin:handoff_scheduledreport_add')}?report={report.name}&{asked}",
    }


def export_view(request: HttpRequest, report: Report) -> HttpResponseBase:
    form = form_of(request, report)
    if not form.is_valid():
        return _back(request, report)
    by = form.cleaned_data["by"]
    columns: dict[str, export.Column] = {name: partial(_cell, n) for n, name in enumerate(report.header(by))}
    rows = report.rows(form.cleaned_data, timezone.now())
    return export.stream((report.as_cells(by, row) for row in rows), columns, report.name)


def workbook_view(request: HttpRequest, report: Report) -> HttpResponse:
    form, now = form_of(request, report), timezone.now()
    if not form.is_valid():
        return _back(request, report)
    book = as_workbook(report, form.cleaned_data["by"], report.rows(form.cleaned_data, now), now)
    filename = f"{report.name}-{timezone.localdate().isoformat()}.xlsx"
    return HttpResponse(book, content_type=TYPE, headers={"Content-Disposition": f'attachment; filename="{filename}"'})


def form_of(request: HttpRequest, report: Report) -> PeriodForm:
    """What is asked, of whoever may ask."""
    if not report.may_be_read_by(viewer(request)):
        raise PermissionDenied
    return report.form({**report.asked_first, **request.GET.dict()})


def label_of(row: Row, by: str) -> str:
    return source_of(row.label) if by == "source" and row.key else row.label


def words_of(by: str) -> str:
    """What the rows are, above them: the last part of the name of an attribute, with spaces."""
    return by.rpartition(".")[2].replace("_", " ").capitalize()


def _back(request: HttpRequest, report: Report) -> HttpResponse:
    return redirect(f"{reverse(f'admin:{report.name}')}?{request.GET.urlencode()}")


def _cell(place: int, cells: list[str]) -> str:
    return cells[place]


def _groups(columns: list[Column]) -> list[tuple[str, int]]:
    """What stands above the columns, and above how many; empty if nothing does."""
    groups = [(group, len(list(members))) for group, members in groupby(columns, key=lambda column: column.group)]
    return groups if any(group for group, _ in groups) else []


def _shown(report: Report, shown: list[Column], row: Row, by: str, request: HttpRequest) -> dict[str, Any]:
    words = report.as_words(row)
    return {
        "label": label_of(row, by),
        "belongs_to_none": not row.key,
        "cells": [
            (words[column.name], _link(report, column, row, request), _small_print(report, column, row, words, request))
            for column in shown
        ],
    }


def _link(report: Report, column: Column, row: Row, request: HttpRequest) -> str:
    """To the leads behind a figure, where it opens and there are any."""
    if report.behind is None or column.name not in report.opens or not getattr(row, column.name):
        return ""
    asked = {**report.asked_first, **request.GET.dict(), "key": row.key, "column": column.name}
    asked.pop("p", None)
    return f"{reverse(f'admin:{report.name}_leads')}?{urlencode(asked)}"


def _small_print(
    report: Report, above: Column, row: Row, words: dict[str, str], request: HttpRequest
) -> Sequence[tuple[str, str]]:
    """Like `3 overdue`, where that says something that the cell above it does not."""
    below = [column for column in report.columns if column.below == above.name and getattr(row, column.name)]
    return [
        (f"{words[column.name]} {column.label[0].lower()}{column.label[1:]}", _link(report, column, row, request))
        for column in below
        if words[column.name] not in (words[above.name], NOTHING)
    ]


def _periods(request: HttpRequest, form: PeriodForm, now: datetime) -> list[dict[str, Any]]:
    asked = {name: value for name, value in request.GET.dict().items() if name not in ("from", "to")}
    periods = []
    for label, days in PERIODS.items():
        start = (now.date() - timedelta(days=days)).isoformat() if days else ""
        is_shown = form["from"].value() in (start, start or None) and not form["to"].value()
        periods.append({"label": label, "query": "?" + urlencode(asked | {"from": start}), "active": is_shown})
    return periods


for each in REPORTS.values():
    site.mount(f"{each.name}/", partial(page, report=each), each.name)
    site.mount(f"{each.name}/export/", partial(export_view, report=each), f"{each.name}_export")
    site.mount(f"{each.name}/workbook/", partial(workbook_view, report=each), f"{each.name}_workbook")
