"""Whom one may mention in a comment on a lead: offered while one types, a few at a time."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404

from handoff.console.frame.site import site, viewer
from handoff.workflow.mentioning import who_see
from leads.models import Lead

MOST_OFFERED = 8
LONGEST_NAME = 60


def mentionable(request: HttpRequest, lead_id: int) -> HttpResponse:
    """People who see the lead and whose name begins so."""
    user = viewer(request)
    lead = get_object_or_404(Lead.objects.visible_to(user).select_related("owner"), pk=lead_id)
    people = who_see(lead, request.GET.get("q", "")[:LONGEST_NAME].strip()).exclude(pk=user.pk)
    offered = [
        {"username": person.username, "name": str(person), "team": person.team.name if person.team else ""}
        for person in people.select_related("team")[:MOST_OFFERED]
    ]
    return JsonResponse({"people": offered})


site.mount("mentionable/<int:lead_id>/", mentionable, "mentionable")
