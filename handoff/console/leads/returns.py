"""Promised dates: which leads may come back now and soon, each with what to do about it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from handoff.console.frame.counting import capped, counted
from handoff.console.frame.site import site, viewer
from handoff.console.leads.answering import last_rejections, still_open
from handoff.console.leads.verbs import ORDER, button, label_for
from handoff.workflow import rights
from leads.models import Lead, LeadQuerySet, State, User, Verb

SOON = timedelta(days=14)
SHOWN = 100
OFFERED = {State.RAW: (Verb.PROMOTE,), State.REJECTED: (Verb.RECYCLE, Verb.RESUBMIT, Verb.ANSWER)}
"""What one does about a lead whose date has come."""


def promised(user: User) -> LeadQuerySet:
    """Leads with a date that is still awaited, of those that this person may see."""
    return Lead.objects.visible_to(user).filter(
        reenter_on__isnull=False, state__in=(State.RAW, State.REJECTED), merged_into=None
    )


def due(user: User) -> LeadQuerySet:
    return promised(user).filter(reenter_on__lte=timezone.localdate())


def page(request: HttpRequest) -> HttpResponse:
    """What is due is first, and of that the oldest promise."""
    user, today = viewer(request), timezone.localdate()
    if not user.roles:
        raise PermissionDenied
    soon = promised(user).filter(reenter_on__gt=today, reenter_on__lte=today + SOON)
    sections = [("Due now", due(user)), (f"In the next {SOON.days} days", soon)]
    shown = [
        {"title": title, "count": capped(counted(leads)), "rows": _rows(leads, user, request.get_full_path())}
        for title, leads in sections
    ]
    context = {"title": "Coming back", "sections": shown, "most": SHOWN}
    return TemplateResponse(request, "handoff/console/returns.html", site.each_context(request) | context)


def _rows(leads: LeadQuerySet, user: User, here: str) -> list[dict[str, Any]]:
    related = ("owner", "team", "campaign", "reason")
    listed = list(leads.select_related(*related).order_by("reenter_on", "pk")[:SHOWN])
    rejections = last_rejections(listed)
    return [{"lead": lead, "acts": _acts(lead, user, rejections.get(lead.pk), here)} for lead in listed]


def _acts(lead: Lead, user: User, rejection: Any, here: str) -> Sequence[Any]:
    """The verb that is expected is loud, the others are beside it."""
    able = still_open(rights.can(user, lead, timezone.now()), rejection)
    verbs = sorted((verb for verb in OFFERED[State(lead.state)] if verb in able), key=_place(lead))
    return [
        button(verb, lead, here, label_for(verb, user, lead), tone="plain" if place else "primary")
        for place, verb in enumerate(verbs)
    ]


def _place(lead: Lead) -> Any:
    first = OFFERED[State(lead.state)][0]
    return lambda verb: (verb != first, ORDER.index(verb))


site.mount("returns/", page, "returns")
