"""The scorecard of a month or quarter, on one page that both sides see; RevOps closes it here."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from handoff.console.frame import export
from handoff.console.frame.confirm import Question, confirm
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import moment
from handoff.console.numbers.behind import leads_url
from handoff.models import Firm, PeriodClose, WorkState
from handoff.refusals import Refused
from handoff.reports.fiscal import MONTH, QUARTER, FiscalPeriod, period_at, period_of
from handoff.reports.kinds import Kind, for_people
from handoff.reports.lines import LINES, Line, column_label
from handoff.reports.scorecard import REPORT, answer
from handoff.reviewing import in_background
from handoff.reviewing.closing import obstacle
from handoff.reviewing.restating import Restatement, restated, restatements
from leads.models import Lead, Role, User

SHOWN = 200
"""Restatements on the page; the CSV has all of them."""


def page(request: HttpRequest) -> HttpResponse:
    user, firm, now = reader(request), Firm.of_now(), timezone.now()
    period, complaint = asked_period(request, firm, now)
    closed = PeriodClose.objects.select_related("closed_by").filter(key=period.key).first()
    changes = restatements(closed, now) if closed else []
    context = {
        **site.each_context(request),
        "title": "Scorecard",
        "firm": firm,
        "closed": closed,
        "closed_at": moment(closed.closed_at) if closed else "",
        **({} if closed else _closing(period)),
        "obstacle": "" if closed else obstacle(period, firm, now),
        "may_close": user.has_role(Role.REVOPS),
        "sides": _sides(period, firm, restated(changes), now),
        "restatements": lines_for(changes[:SHOWN], user),
        "unlisted": max(len(changes) - SHOWN, 0),
        "as_of": now,
        **around("sheet", period, firm, complaint),
    }
    return TemplateResponse(request, "handoff/console/sheet.html", context)


def reader(request: HttpRequest) -> User:
    """Everyone with a role reads both sides' numbers."""
    user = viewer(request)
    if not user.roles:
        raise PermissionDenied
    return user


def asked_period(request: HttpRequest, firm: Firm, now: datetime) -> tuple[FiscalPeriod, str]:
    """The one that is asked for, else this month; and what is wrong with what was typed."""
    key = request.GET.get("period") or request.POST.get("period") or ""
    present = period_at(now, firm, MONTH)
    try:
        return (period_of(key, firm) if key else present), ""
    except ValueError as error:
        return present, str(error)


def around(page_name: str, period: FiscalPeriod, firm: Firm, complaint: str) -> dict[str, Any]:
    """The periods beside this one, and the same of the other pages."""
    here = reverse(f"admin:{page_name}")
    start = period.bounds(firm.zone)[0]
    asked = urlencode({"by": "all", "period": period.key})
    return {
        "period": period,
        "complaint": complaint,
        "before": (f"{here}?period={period.moved(-1).key}", period.moved(-1).label),
        "after": (f"{here}?period={period.moved(1).key}", period.moved(1).label),
        "month_url": f"{here}?period={(period_at(start, firm, MONTH) if period.months != MONTH else period).key}",
        "quarter_url": f"{here}?period={period_at(start, firm, QUARTER).key}",
        "is_month": period.months == MONTH,
        "export_url": f"{reverse('admin:scorecard_export')}?{asked}",
        "workbook_url": f"{reverse('admin:scorecard_workbook')}?{asked}",
        "segments_url": f"{reverse('admin:scorecard')}?{urlencode({'by': 'team', 'period': period.key})}",
    }


def close_view(request: HttpRequest) -> HttpResponse:
    """Ask, and close the period: nobody can open it again."""
    user, firm = reader(request), Firm.of_now()
    period, _ = asked_period(request, firm, timezone.now())
    key = request.POST.get("period", period.key)

    def do() -> str:
        closing = in_background.ask(key, by=user)
        in_background.run_at_once(closing)
        label = period_of(closing.key, firm).label
        if closing.state == WorkState.STOPPED:
            raise Refused(closing.note)
        if closing.is_unfinished:
            return f"{label} is being closed, in the background: you may leave this page."
        return f"{label} is closed. What changes from now on is restated below its figures."

    explained = (
        "Its figures stay as they are now, for everyone. This cannot be undone: what changes later is restated below "
        "them, with its lead and its cause."
    )
    question = Question(f"Close {period.label}", explained, "Close for good", carried={"period": key})
    return confirm(request, question, f"{reverse('admin:sheet')}?{urlencode({'period': key})}", do)


def _closing(period: FiscalPeriod) -> dict[str, Any]:
    """How far the close of an open period has come, if somebody has asked for it."""
    closing = in_background.latest(period.key)
    if closing is None:
        return {}
    done, words = in_background.progress(closing)
    return {"closing": closing, "steps_done": done, "steps": in_background.STEPS, "closing_words": words}


def restatements_export(request: HttpRequest) -> HttpResponseBase:
    """What has changed since a period was closed: a row for each figure."""
    user, now = reader(request), timezone.now()
    period, _ = asked_period(request, Firm.of_now(), now)
    closed = PeriodClose.objects.filter(key=period.key).first()
    lines = lines_for(restatements(closed, now), user) if closed else []
    rows = [(line, name, by) for line in lines for name, by in line["numbers"]]
    columns: dict[str, export.Column] = {
        "at": lambda row: row[0]["cause"].at,
        "happened": lambda row: row[0]["cause"].words,
        "by": lambda row: row[0]["cause"].by,
        "lead": lambda row: row[0]["cause"].lead_id,
        "figure": lambda row: row[1],
        "change": lambda row: row[2],
    }
    return export.stream(rows, columns, f"restatements-{period.key}")


def lines_for(changes: Sequence[Restatement], user: User) -> list[dict[str, Any]]:
    """Restatements as they are shown; a lead is named to those who may see it."""
    ids = {change.cause.lead_id for change in changes}
    seen = Lead.objects.visible_to(user).in_bulk(ids)
    there = set(Lead.objects.filter(pk__in=ids).values_list("pk", flat=True))
    return [
        {
            "cause": change.cause,
            "at": moment(change.cause.at) if change.cause.at else "",
            "lead": seen.get(change.cause.lead_id),
            "is_gone": change.cause.lead_id not in there,
            "numbers": change.figures,
            "figures": [(column_label(name), f"{by:+,}".replace("-", "−")) for name, by in change.figures],
        }
        for change in changes
        if change.figures
    ]


def _sides(
    period: FiscalPeriod, firm: Firm, changed: Mapping[str, int], now: datetime
) -> list[tuple[str, list[dict[str, Any]]]]:
    start, end = period.bounds(firm.zone)
    rows = answer({"by": "all", "period": period.key, "from": start, "to": end}, now)
    row = rows[0] if rows else None
    shown = [_figure(line, period, row, changed) for line in LINES]
    return [(side, list(lines)) for side, lines in groupby(shown, key=lambda line: line["line"].side)]


def _figure(line: Line, period: FiscalPeriod, row: Any, changed: Mapping[str, int]) -> dict[str, Any]:
    numbers = {name: getattr(row, name) if row else 0 for name, _ in line.conditions}
    count, missed = numbers[line.name], numbers.get(f"{line.name}_missed", 0)
    whole = count + missed if line.of else None
    goal = getattr(row, f"{line.name}_goal") if row and line.has_goal else None
    base = whole if line.of else goal
    cells = {name: (for_people(Kind.COUNT, number), _behind(period, name, number)) for name, number in numbers.items()}
    return {
        "line": line,
        "goal": "" if goal is None else for_people(Kind.COUNT, goal),
        "count": cells[line.name],
        "missed": cells.get(f"{line.name}_missed"),
        "excused": cells.get(f"{line.name}_excused") if numbers.get(f"{line.name}_excused") else None,
        "whole": "" if whole is None else for_people(Kind.COUNT, whole),
        "share": for_people(Kind.SHARE, count / base if base else None),
        "changed": f"{changed[line.name]:+,}".replace("-", "−") if changed.get(line.name) else "",
    }


def _behind(period: FiscalPeriod, column: str, number: int) -> str:
    """To the leads behind a figure, where there are any."""
    return leads_url(REPORT.name, column, number, by="all", period=period.key, key="all")


site.mount("sheet/", page, "sheet")
site.mount("sheet/close/", close_view, "sheet_close")
site.mount("sheet/restatements/", restatements_export, "sheet_restatements")
