"""Attainment: how often a promise was kept. Everybody with a role reads the same numbers."""

from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from handoff.console.frame import export
from handoff.console.frame.site import site, viewer
from handoff.reports.attainment import FIGURES, AttainmentRow, By, as_dict, attainment
from handoff.reports.words import length, percent
from sla.metrics import Metric

PERIODS = {"All time": None, "Last 7 days": 7, "Last 28 days": 28, "Last 90 days": 90}
ASKED_FIRST = {"metric": Metric.SPEED_TO_LEAD, "by": By.TEAM}


class Question(forms.Form):
    """What is asked for. Days are those of UTC, as weeks are, so that two people never read two numbers."""

    metric = forms.ChoiceField(choices=Metric.choices)
    by = forms.ChoiceField(choices=[(by.value, by.value.title()) for by in By], label="Rows")
    start = forms.DateField(required=False, label="From", widget=forms.DateInput({"type": "date"}))
    end = forms.DateField(required=False, label="Before", widget=forms.DateInput({"type": "date"}))

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or self.cleaned_data
        if asked.get("start") and asked.get("end") and asked["end"] <= asked["start"]:
            self.add_error("end", "The period ends before it starts.")
        return asked

    @property
    def grouping(self) -> By:
        return By(self.cleaned_data["by"])

    def rows(self) -> list[AttainmentRow]:
        asked = self.cleaned_data
        return attainment(Metric(asked["metric"]), self.grouping, _midnight(asked["start"]), _midnight(asked["end"]))


def page(request: HttpRequest) -> HttpResponse:
    question = _question(request)
    rows = question.rows() if question.is_valid() else []
    context = {
        **site.each_context(request),
        "title": "Attainment",
        "question": question,
        "rows": [_shown(row) for row in rows],
        "periods": _periods(request, question),
        "export_url": f"{reverse('admin:attainment_export')}?{request.GET.urlencode()}",
    }
    return TemplateResponse(request, "handoff/console/attainment.html", context)


def export_view(request: HttpRequest) -> HttpResponseBase:
    question = _question(request)
    if not question.is_valid():
        return redirect(f"{reverse('admin:attainment')}?{request.GET.urlencode()}")
    by = question.grouping
    names = [by.value, "label", *FIGURES]
    columns: dict[str, export.Column] = {name: partial(_cell, name) for name in names}
    return export.stream([as_dict(by, row) for row in question.rows()], columns, "attainment")


def _cell(name: str, row: dict[str, Any]) -> Any:
    return row[name]


def _question(request: HttpRequest) -> Question:
    if not viewer(request).roles:
        raise PermissionDenied
    return Question(ASKED_FIRST | request.GET.dict())


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time.min, UTC) if day else None


def _periods(request: HttpRequest, question: Question) -> list[dict[str, Any]]:
    today = timezone.now().astimezone(UTC).date()
    asked = {name: value for name, value in request.GET.dict().items() if name not in ("start", "end")}
    periods = []
    for label, days in PERIODS.items():
        start = (today - timedelta(days=days)).isoformat() if days else ""
        is_shown = question["start"].value() in (start, start or None) and not question["end"].value()
        periods.append({"label": label, "query": "?" + urlencode(asked | {"start": start}), "active": is_shown})
    return periods


def _shown(row: AttainmentRow) -> dict[str, Any]:
    return {
        "label": row.label,
        "is_empty": not row.key,
        "kept": percent(row.attainment),
        "before_excuses": percent(row.attainment_before_excuses) if row.excused else "",
        "counts": [row.met, row.breached, row.excused, row.cancelled, row.running],
        "overdue": row.overdue,
        "untimed": row.untimed,
        "business": [length(row.median_business), length(row.p90_business)],
        "wall": [length(row.median_wall), length(row.p90_wall)],
    }


site.mount("attainment/", page, "attainment")
site.mount("attainment/export/", export_view, "attainment_export")
