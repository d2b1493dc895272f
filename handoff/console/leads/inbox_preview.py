"""A lead beside the list, or as a page of its own on a phone: the packet first, how to reach them, what may be done."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from handoff.agreement.packet_views import note_view
from handoff.console.frame.dialogs import is_in_dialog
from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import ago, pause_of, snooze_of, state_of
from handoff.console.leads.clocks import clocks_of, outcome_of
from handoff.console.leads.inbox_list import InboxList, NotOffered
from handoff.console.leads.inbox_place import Place, page_of, place_of
from handoff.console.leads.inbox_rows import rows_of
from handoff.console.leads.packet import packet_of
from handoff.console.leads.sections import mark_viewed
from handoff.console.leads.verbs import past_of_this_lead
from leads.models import SALES, Channel, Lead, Outcome, Transition, Verb
from leads.permission import warnings_of

LAST_EVENTS = 6
HANDING_OVER = (Verb.PROMOTE, Verb.RESUBMIT, Verb.OVERTURN)
WORDS_OF = ("text", "note", "fixed", "decision")
"""The facts of an act that somebody wrote in words."""


def my_lead(request: HttpRequest, lead_id: int) -> HttpResponse:
    user = viewer(request)
    if not user.has_role(*SALES):
        raise PermissionDenied
    lead = get_object_or_404(Lead.objects.visible_to(user), pk=lead_id)
    try:
        listing = InboxList.of(user, request.GET)
    except NotOffered:
        return redirect(request.path)
    # As it stood before one looked at it: what is no longer new stands elsewhere.
    place = None if is_in_dialog(request) else _Previews(**vars(place_of(listing, lead.pk)))
    if request.method == "GET":
        mark_viewed(user, lead.pk)
    note_view(request, lead.pk, user)
    context = _shown(listing, lead) | {"place": place}
    if place is None:
        return TemplateResponse(request, "handoff/console/inbox_preview.html", context)
    return TemplateResponse(request, "handoff/console/inbox_preview_page.html", site.each_context(request) | context)


class _Previews(Place):
    """On a phone one goes on from preview to preview."""

    def page_of(self, lead_id: int | None) -> str:
        return f"{reverse('admin:my_lead', args=[lead_id])}?{self.listing.query}" if lead_id else ""


def _shown(listing: InboxList, lead: Lead) -> dict[str, Any]:
    row = rows_of(listing, [lead.pk])[lead.pk]
    clocks = sorted((clock for clock in clocks_of(lead) if clock.stopped_at is None), key=_urgency)
    return {
        "title": str(lead),
        "list": listing,
        "list_title": listing.title,
        "list_url": listing.url,
        "row": row,
        "lead": row.lead,
        "page": page_of(lead.pk, listing),
        "state_badge": state_of(row.lead),
        "paused": pause_of(row.lead) or snooze_of(row.lead),
        "since": ago(row.lead.entered_at),
        "warnings": warnings_of(row.lead),
        "note": _note(lead),
        "packet": packet_of(lead, listing.user),
        "clocks": [(clock.get_metric_display(), outcome_of(clock)) for clock in clocks],
        "events": list(_events(lead)),
    }


def _urgency(clock: Any) -> tuple[bool, Any]:
    return clock.due_at is None, clock.due_at


def _note(lead: Lead) -> dict[str, Any] | None:
    """What marketing wrote as it handed the lead over."""
    act = lead.transitions.filter(verb__in=HANDING_OVER, cycle=lead.cycle).select_related("by").order_by("-pk").first()
    words = _words(act) if act else ""
    return {"text": words, "by": act.by} if act and words else None


def _events(lead: Lead) -> Iterator[dict[str, Any]]:
    """The last acts, newest first: no more are read, however long the history is."""
    for act in lead.transitions.select_related("by").order_by("-at", "-id")[:LAST_EVENTS]:
        yield {"who": act.by or "Handoff", "did": _did(act), "words": _words(act), "when": ago(act.at, timezone.now())}


def _did(act: Transition) -> str:
    done = past_of_this_lead(act.verb).lower()
    if act.verb != Verb.TOUCH:
        return done
    facts = act.facts
    parts = [_label(Channel, facts.get("channel")), _label(Outcome, facts.get("outcome"))]
    return f"{done}: {', '.join(part for part in parts if part)}"


def _label(choices: Any, value: Any) -> str:
    return str(choices(value).label) if value in choices.values else ""


def _words(act: Transition) -> str:
    return next((str(act.facts[name]) for name in WORDS_OF if act.facts.get(name)), "")


site.mount("my-leads/<int:lead_id>/", my_lead, "my_lead")
