"""The leads behind a figure of a report: as many entries as the figure says."""

from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import moment, state_of
from handoff.console.numbers.reports import form_of, label_of, words_of
from handoff.reports.behind import Behind, Entry
from handoff.reports.registry import REPORTS
from handoff.reports.report import Report
from leads.finding import is_id
from leads.models import Lead, User

SHOWN = 50


@dataclass(frozen=True)
class Line:
    """One entry. Without a lead it is of another team: it counts, and its buyer is not shown."""

    at: SafeString
    lead: Lead | None = None
    state: SafeString | None = None


def leads_url(name: str, column: str, number: int | None, **asked: str) -> str:
    """To the leads behind a figure of a report, where there are any."""
    return f"{reverse(f'admin:{name}_leads')}?{urlencode({**asked, 'column': column})}" if number else ""


def page(request: HttpRequest, report: Report) -> HttpResponse:
    form, now = form_of(request, report), timezone.now()
    column = next((each for each in report.columns if each.name == request.GET.get("column")), None)
    if report.behind is None or column is None or column.name not in report.opens:
        raise Http404("No figure of this name opens to its leads.")
    if not form.is_valid():
        return redirect(f"{reverse(f'admin:{report.name}')}?{request.GET.urlencode()}")
    asked, key = form.cleaned_data, request.GET.get("key")
    behind = report.behind(asked, key, column.name, now)
    row = next((each for each in report.rows(asked, now) if each.key == key), None)
    total = _total(behind, key, getattr(row, column.name) if row else 0)
    number = _number(request.GET.get("p", ""), total)
    context = {
        **site.each_context(request),
        "title": f"{report.title}: {column.label}",
        "report": report,
        "column": column,
        "row": f"{words_of(asked['by'])}: {label_of(row, asked['by'])}" if row and asked["by"] != "all" else "",
        "total": total,
        "lines": _lines(viewer(request), behind.page((number - 1) * SHOWN, SHOWN)),
        "as_of": now,
        **_neighbours(request, report, number, total),
    }
    return TemplateResponse(request, "handoff/console/behind.html", context)


def _total(behind: Behind, key: str | None, of_row: Any) -> int:
    """What the row says; where that is an amount, or all rows are asked for, the entries are counted."""
    return of_row if key is not None and isinstance(of_row, int) else behind.count()


def _number(text: str, total: int) -> int:
    last = max(-(-total // SHOWN), 1)
    return min(max(int(text), 1), last) if is_id(text) else 1


def _lines(user: User, entries: list[Entry]) -> list[Line]:
    ids = {entry.lead_id for entry in entries}
    seen = Lead.objects.visible_to(user).select_related("owner", "team", "campaign").in_bulk(ids)
    return [_line(entry, seen.get(entry.lead_id)) for entry in entries]


def _line(entry: Entry, lead: Lead | None) -> Line:
    return Line(moment(entry.at), lead, state_of(lead)) if lead else Line(moment(entry.at))


def _neighbours(request: HttpRequest, report: Report, number: int, total: int) -> dict[str, Any]:
    asked = {name: value for name, value in request.GET.dict().items() if name != "p"}
    back = {name: value for name, value in asked.items() if name not in ("key", "column")}
    pages = {"before": number - 1 if number > 1 else 0, "after": number + 1 if number * SHOWN < total else 0}
    links = {name: "?" + urlencode(asked | {"p": n}) if n else "" for name, n in pages.items()}
    first = (number - 1) * SHOWN + 1
    return {
        **links,
        "report_url": f"{reverse(f'admin:{report.name}')}?{urlencode(back)}",
        "first": first,
        "last": min(first + SHOWN - 1, total),
    }


for each in REPORTS.values():
    site.mount(f"{each.name}/leads/", partial(page, report=each), f"{each.name}_leads")
