"""The board of a team: a manager sees who carries what and what falls due, and gives leads to others from there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from handoff.console.board.cells import AT_RISK, OF, OPEN, OVERDUE, label_of, leads_of
from handoff.console.board.giving import Result, give
from handoff.console.board.team import EVERYONE, QUEUE, Row, rows_of, teams_of, total
from handoff.console.frame.dialogs import is_in_dialog
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import due_in_words, pause_of, snooze_of, state_of, time_left
from handoff.console.leads.urgency import with_clocks
from leads.finding import is_id
from leads.models import Lead, Role, Team, User

CARDS, MOST_CARDS = 20, 200
LARGEST_CAPACITY = 10_000
SEEN = "X-Handoff-Seen"
"""The header in which the script of the page names what it shows: unchanged, it is not sent again."""


@dataclass(frozen=True)
class Asked:
    """What somebody looks at: a team, and of it one cell with so many cards."""

    team: Team
    who: str
    of: str
    shown: int = CARDS

    def url(self, **other: Any) -> str:
        words = {"team": self.team.pk, "who": self.who, "of": self.of, "shown": self.shown} | other
        return f"{reverse('admin:board')}?{urlencode({name: value for name, value in words.items() if value})}"


def board(request: HttpRequest) -> HttpResponse:
    """GET shows it; POST gives the chosen leads to somebody."""
    user = _allowed(request)
    teams = list(teams_of(user))
    if not teams:
        return TemplateResponse(request, "handoff/console/board_none.html", _frame(request))
    query = request.GET
    team = next((each for each in teams if str(each.pk) == query.get("team", "")), teams[0])
    results: list[Result] = []
    if request.method == "POST":
        ids = [int(value) for value in request.POST.getlist("lead") if is_id(value)]
        results = give(user, ids, request.POST.get("to", ""))
        if not is_in_dialog(request):
            return _with_messages(request, results)
    return _shown(request, teams, team, results)


def capacity(request: HttpRequest, user_id: int) -> HttpResponse:
    """Say how many open leads somebody can work; empty: nobody says."""
    user = _allowed(request)
    if request.method != "POST":
        return redirect("admin:board")
    people = User.objects.all() if user.has_role(Role.REVOPS) else User.objects.filter(team__in=user.team_ids)
    person = get_object_or_404(people, pk=user_id)
    text = request.POST.get("capacity", "").strip()
    if text and not (is_id(text) and int(text) <= LARGEST_CAPACITY):
        messages.error(request, f"“{text[:20]}” is not a valid number of leads: give one up to {LARGEST_CAPACITY}.")
    else:
        person.capacity = int(text) if text else None
        person.save(update_fields=["capacity"])
        messages.success(request, f"{person} can work {text} open leads." if text else f"{person} has no limit now.")
    return redirect(f"{reverse('admin:board')}?{request.GET.urlencode()}")


def _allowed(request: HttpRequest) -> User:
    user = viewer(request)
    if not user.has_role(Role.SALES_MANAGER, Role.REVOPS):
        raise PermissionDenied
    return user


def _shown(request: HttpRequest, teams: Sequence[Team], team: Team, results: Sequence[Result]) -> HttpResponse:
    now = timezone.now()
    rows = rows_of(team, now)
    whole = total(rows)
    asked = _asked(request.GET, team, rows, whole)
    context = {"rows": rows, "total": whole, "asked": asked, "results": results}
    context |= {"done": sum(result.is_done for result in results), **_cell(asked, rows, now)}
    if request.method == "GET":
        mark = _mark(context, asked)
        if request.headers.get(SEEN) == mark:
            return HttpResponse(status=204)
        context["mark"] = mark
    if is_in_dialog(request):
        return TemplateResponse(request, "handoff/console/board_part.html", context)
    tabs = [{"label": str(each), "query": f"?team={each.pk}", "active": each == team} for each in teams]
    context |= {"tabs": tabs if len(tabs) > 1 else [], **_frame(request)}
    return TemplateResponse(request, "handoff/console/board.html", context)


def _frame(request: HttpRequest) -> dict[str, Any]:
    return {**site.each_context(request), "title": "Board"}


def _asked(query: QueryDict, team: Team, rows: Sequence[Row], whole: Row) -> Asked:
    """The cell that the address names; else what most needs a decision: the queue, then what is late or nearly so."""
    people = {row.key for row in rows} | {EVERYONE}
    shown = query.get("shown", "")
    many = min(max(int(shown), 1), MOST_CARDS) if is_id(shown) else CARDS
    who, of = query.get("who", ""), query.get("of", OPEN)
    if who in people and of in OF:
        return Asked(team, who, of, many)
    if rows[0].load:
        return Asked(team, QUEUE, OPEN, many)
    return Asked(team, EVERYONE, next((of for of in (AT_RISK, OVERDUE) if whole.cells[of]), OPEN), many)


def _cell(asked: Asked, rows: Sequence[Row], now: datetime) -> dict[str, Any]:
    """The cards of the chosen cell, and one more than is shown to know whether there are more."""
    chosen = [row for row in rows if asked.who in (row.key, EVERYONE)]
    owners = [row.person.pk for row in chosen if row.person]
    queues = [asked.team.pk] if any(row.person is None for row in chosen) else []
    ids = leads_of(owners, queues, asked.of, asked.shown + 1, now)
    leads = with_clocks(Lead.objects.filter(pk__in=ids[: asked.shown])).select_related("owner", "team")
    by_id = {lead.pk: lead for lead in leads}
    more = asked.url(shown=min(asked.shown + CARDS, MOST_CARDS)) if len(ids) > asked.shown < MOST_CARDS else ""
    return {
        "cards": [_card(by_id[pk], now) for pk in ids if pk in by_id],
        "more": more,
        "is_cut": len(ids) > asked.shown >= MOST_CARDS,
        "of_whom": "of the whole team" if asked.who == EVERYONE else chosen[0].label,
        "of_label": label_of(asked.of),
    }


def _card(lead: Any, now: datetime) -> dict[str, Any]:
    clock = lead.running_clocks[0] if lead.running_clocks else None
    return {
        "lead": lead,
        "state": state_of(lead),
        "held": pause_of(lead) or snooze_of(lead),
        "job": ", ".join(part for part in (lead.title, lead.company) if part and part != str(lead)),
        "left": time_left(clock, now) if clock else "",
        "due": due_in_words(clock.due_at, now) if clock and clock.due_at else "",
        "metric": clock.get_metric_display() if clock else "",
    }


def _mark(context: dict[str, Any], asked: Asked) -> str:
    """Another one whenever the page would look otherwise."""
    text = render_to_string("handoff/console/board_part.html", context)
    return blake2b(f"{asked}{text}".encode(), digest_size=12).hexdigest()


def _with_messages(request: HttpRequest, results: Sequence[Result]) -> HttpResponse:
    """Without the script: a line for each, above the board as it is now."""
    for result in results:
        (messages.success if result.is_done else messages.warning)(request, f"{result.lead}: {result.words}")
    if not results:
        messages.warning(request, "Choose at least one lead, then whom to give it to.")
    return redirect(request.get_full_path())


site.mount("board/", board, "board")
site.mount("board/capacity/<int:user_id>/", capacity, "board_capacity")
