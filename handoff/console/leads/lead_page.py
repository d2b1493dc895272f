"""What the page of a lead shows besides the form of its facts."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone

from handoff.agreement.briefs import complaint
from handoff.console.frame import dialogs
from handoff.console.frame.site import site, viewer
from handoff.console.leads.answering import last_rejections, still_open
from handoff.console.leads.clocks import clocks_of, most_urgent, row
from handoff.console.leads.consents import consent_url, consents_of
from handoff.console.leads.deals import deals_of
from handoff.console.leads.duplicates import suggestions_of
from handoff.console.leads.field_notes import field_notes_of
from handoff.console.leads.head import head_of
from handoff.console.leads.inbox_list import inbox_title
from handoff.console.leads.inbox_place import came_from, way_back
from handoff.console.leads.known import known_facts
from handoff.console.leads.packet import packet_of
from handoff.console.leads.pieces import Place
from handoff.console.leads.requalification import requalification_of
from handoff.console.leads.score import score_of
from handoff.console.leads.timeline import piece
from handoff.workflow import rights
from leads.models import Lead, State, Transition, User, Verb
from leads.permission import warnings_of

WRITTEN_WITH: dict[str, str] = {Verb.PROMOTE: "note", Verb.RESUBMIT: "fixed", Verb.OVERTURN: "decision"}
"""Where somebody wrote what sales should know, in the acts that hand a lead over."""
FIRST_CLOCKS = 5
CAME_FROM = {
    "board": "Board",
    "handoff_rejection_changelist": "Rejections",
    "leads_possibleduplicate_changelist": "Possible duplicates",
}


def shown(request: HttpRequest, lead: Lead) -> dict[str, Any]:
    user, now, place = viewer(request), timezone.now(), came_from(request, lead)
    here = way_back(request, place)
    verbs = still_open(rights.can(user, lead, now), last_rejections([lead]).get(lead.pk))
    clocks = clocks_of(lead)
    first = max(FIRST_CLOCKS, sum(clock.stopped_at is None for clock in clocks))
    packet = packet_of(lead, user)
    return {
        "lead": lead,
        "head": head_of(lead, user, verbs, most_urgent(clocks), here, now),
        "packet": packet,
        "score": score_of(lead, user, here),
        "note": _note(lead),
        "again": requalification_of(lead, user),
        **known_facts(lead, user.roles, packet["handoff"] if packet else None),
        "warnings": [*warnings_of(lead), *_unbriefed(lead)],
        "consents": consents_of(lead),
        **field_notes_of(lead, user, here),
        "consent_url": consent_url(lead, user, here),
        "clocks": [row(clock, lead, user, here) for clock in clocks[:first]],
        "ended": [row(clock, lead, user, here) for clock in clocks[first:]],
        "deals": deals_of(lead, user, here),
        "suggestions": suggestions_of(lead, user, here),
        "comment_url": _comment_url(lead, here) if Verb.COMMENT in verbs else "",
        "place": place,
        **({"list_url": place.listing.url, "list_title": place.listing.title} if place else _list_of(request)),
        **_timeline(request, lead, user),
    }


def _unbriefed(lead: Lead) -> list[str]:
    """Before the handoff marketing is warned; afterwards the packet says it."""
    words = complaint(lead) if lead.state == State.RAW else ""
    return [words] if words else []


def timeline_view(request: HttpRequest, lead_id: int) -> HttpResponse:
    """A further piece of the timeline, for the script of the page."""
    user = viewer(request)
    lead = get_object_or_404(Lead.objects.visible_to(user), pk=lead_id)
    return TemplateResponse(
        request, "handoff/console/timeline_piece.html", {"lead": lead, **_timeline(request, lead, user)}
    )


def _timeline(request: HttpRequest, lead: Lead, user: User) -> dict[str, Any]:
    before = Place.read(request.GET.get("before", ""))
    events = piece(lead, user.roles, before)
    # The way back to the list stays in the address, for whoever reads on without a script.
    kept = {name: request.GET[name] for name in ("next", "_changelist_filters") if name in request.GET}
    older = urlencode({"before": events.older, **kept}) if events.older else ""
    return {"events": events.events, "older": older, "is_older": before is not None}


def _note(lead: Lead) -> dict[str, Any] | None:
    """What was written as the lead was handed to sales this time."""
    acts = lead.transitions.filter(verb__in=WRITTEN_WITH, cycle=lead.cycle).select_related("by").order_by("-at", "-pk")
    act: Transition | None = acts.first()
    text = act.facts.get(WRITTEN_WITH[act.verb], "") if act else ""
    return {"text": text, "by": act.by, "at": act.at} if act and text else None


def _comment_url(lead: Lead, here: str) -> str:
    return f"{reverse('admin:act', args=[Verb.COMMENT, lead.pk])}?{urlencode({'next': here})}"


def _list_of(request: HttpRequest) -> dict[str, str]:
    """The list to go back to, as it was filtered."""
    leads = reverse("admin:leads_lead_changelist")
    filters = request.GET.get("_changelist_filters", "")
    url = dialogs.back(request, f"{leads}?{filters}" if filters else leads)
    try:
        name = resolve(url.partition("?")[0]).url_name or ""
    except Resolver404:
        name = ""
    titles = CAME_FROM | dict.fromkeys(("my_leads", "my_lead"), inbox_title(viewer(request)))
    return {"list_url": url, "list_title": titles.get(name, "Leads")}


site.mount("timeline/<int:lead_id>/", timeline_view, "lead_timeline")
