"""The page Find, and the palette of Ctrl+K: leads, people and pages by what one has typed."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from handoff.console.frame.dialogs import is_in_dialog
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import STATE_TONES
from handoff.console.leads.search import find
from handoff.console.sidebar import navigation
from leads.models import Lead, State, User
from leads.search import LONGEST, READ

MOST_LEADS, MOST_PEOPLE, MOST_PAGES = 8, 5, 8


@dataclass(frozen=True)
class Hit:
    """Something that one can go to."""

    title: str
    more: str
    link: str
    icon: str
    badge: str = ""
    tone: str = "plain"


@dataclass(frozen=True)
class Group:
    name: str
    hits: list[Hit]


def page(request: HttpRequest) -> HttpResponse:
    """Whole, or for the palette its results alone."""
    if not viewer(request).roles:
        raise PermissionDenied
    query = request.GET.get("q", "")[:LONGEST].strip()
    findings = find(viewer(request), query, MOST_LEADS)
    groups = [
        Group("Leads", [_lead(lead) for lead in findings.leads]),
        Group("People", _people(request, query)),
        Group("Pages", _pages(request, query)),
    ]
    newest = "" if findings.is_whole or not query else f"{READ:,}"
    context = {"title": "Find", "query": query, "groups": [each for each in groups if each.hits], "newest": newest}
    if is_in_dialog(request):
        return TemplateResponse(request, "handoff/console/find_results.html", context | {"in_palette": True})
    return TemplateResponse(request, "handoff/console/find.html", site.each_context(request) | context)


def _lead(lead: Lead) -> Hit:
    facts = [lead.title, lead.company if lead.company != str(lead) else "", lead.email, lead.phone, f"Number {lead.pk}"]
    label, tone = State(lead.state).label, STATE_TONES[State(lead.state)]
    if lead.merged_into_id:
        label, tone = "Merged", "plain"
    link = reverse("admin:leads_lead_change", args=[lead.pk])
    return Hit(str(lead), " · ".join(filter(None, facts)), link, "person", label, tone)


def _people(request: HttpRequest, query: str) -> list[Hit]:
    """Whom this person sees on the page of people."""
    people = site.get_model_admin(User)
    if not query or not people.has_view_permission(request):
        return []
    rows, _ = people.get_search_results(request, people.get_queryset(request), query)
    return [_person(user) for user in rows[:MOST_PEOPLE]]


def _person(user: User) -> Hit:
    return Hit(str(user), user.email or user.username, reverse("admin:leads_user_change", args=[user.pk]), "badge")


def _pages(request: HttpRequest, query: str) -> list[Hit]:
    words = query.lower().split()
    items: list[dict[str, Any]] = [
        item | {"group": group.get("title", "")} for group in navigation(request) for item in group["items"]
    ]
    fits = [item for item in items if all(word in f"{item['group']} {item['title']}".lower() for word in words)]
    return [Hit(item["title"], item["group"], item["link"], item["icon"]) for item in fits[:MOST_PAGES]]


site.mount("find/", page, "find")
