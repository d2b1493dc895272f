"""The picker of another lead: by name, company, email, phone or number, the likeliest first."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from handoff.console.frame.site import site, viewer
from handoff.console.frame.words import moment, state_of
from handoff.workflow.doubts import doubts
from handoff.workflow.other_leads import LONGEST_SEARCH, SLOW, TooSlow, likely
from leads.models import Lead


def found_view(request: HttpRequest, lead_id: int) -> HttpResponse:
    """What the picker lists for the text that was typed so far."""
    user = viewer(request)
    lead = get_object_or_404(Lead.objects.visible_to(user), pk=lead_id)
    asked = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    context: dict[str, Any] = {"asked": asked, "options": [], "slow": ""}
    try:
        context["options"] = [_option(lead, other) for other in likely(user, lead, asked)]
    except TooSlow:
        context["slow"] = SLOW
    return TemplateResponse(request, "handoff/console/picker.html", context)


def two_lines_of(lead: Lead) -> dict[str, Any]:
    """A lead as it is told from others: who it is, and by what it is reached."""
    job = ", ".join(part for part in (lead.title, lead.company) if part and part != str(lead))
    reached = [lead.email, lead.phone, lead.mobile_phone, lead.country]
    return {
        "lead": lead,
        "url": reverse("admin:leads_lead_change", args=[lead.pk]),
        "job": job,
        "reached": " · ".join(filter(None, reached)),
        "state": state_of(lead),
        "owner": lead.owner or "No owner",
        "captured": moment(lead.created_at),
    }


def _option(lead: Lead, other: Lead) -> dict[str, Any]:
    return two_lines_of(other) | {"doubts": doubts(lead, other)}


site.mount("find-leads/<int:lead_id>/", found_view, "find_leads")
